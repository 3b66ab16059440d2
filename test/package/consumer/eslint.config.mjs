import withRedis from 'with-redis/eslint';

export default [withRedis.configs.recommended];
