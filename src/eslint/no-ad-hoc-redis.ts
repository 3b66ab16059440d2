import type { Rule } from 'eslint';
import { isAllowed } from './allowed-files.js';
import { moduleValueOf } from './module-value.js';
import { isClientClass, isClientFactory, type ModuleValue } from './redis-clients.js';
import type { Node } from './syntax.js';

const message =
  '{{what}} opens a connection that somebody has to close on every path. Borrow one: withRedis((redis) => …) of with-redis.';

/** Refuses clients of Redis that are made outside of the files that `allow` names. */
export const noAdHocRedis: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'Borrow Redis connections with withRedis instead of opening them' },
    schema: [
      {
        type: 'object',
        properties: {
          allow: { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true },
        },
        additionalProperties: false,
      },
    ],
    messages: { adHoc: message },
  },
  create(context) {
    const { allow = [] } = (context.options[0] ?? {}) as { readonly allow?: readonly string[] };
    if (isAllowed(context.filename, allow)) return {};
    const checkIf = (isClient: (value: ModuleValue) => boolean, keyword: string) => (node: Node) => {
      const value = moduleValueOf(node.callee, context.sourceCode);
      if (!value || !isClient(value)) return;
      const what = `${keyword}${context.sourceCode.getText(node.callee)}()`;
      context.report({ node, messageId: 'adHoc', data: { what } });
    };
    return {
      NewExpression: checkIf(isClientClass, 'new '),
      CallExpression: checkIf(isClientFactory, ''),
    };
  },
};
