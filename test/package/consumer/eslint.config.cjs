const withRedis = require('with-redis/eslint');

module.exports = [
  withRedis.configs.recommended,
  { rules: { 'with-redis/no-ad-hoc-redis': ['error', { allow: ['service.mjs'] }] } },
];
