import type { Rule } from 'eslint';
import { isAllowed } from './allowed-files.js';
import { exportsOf } from './exported.js';
import { moduleValueOf } from './module-value.js';
import {
  isClientClass,
  isClientFactory,
  isDuplicate,
  type ModuleValue,
  opensClients,
} from './redis-clients.js';
import type { Node } from './syntax.js';

/** Where the repository lives is told in package.json; a test compares. */
const pages = 'https://github.com/OWNER/with-redis/blob/main/src';

const instance =
  'make one instance for the service, export const cache = createWithRedis({ pool: true }) of with-redis';
const borrow = `${instance}, and call cache((redis) => …); what wants a client gets cache.redis`;
const lasting = `for pub/sub and streams hold a scope that lasts (${pages}/instance/README.md#a-scope-that-lasts)`;

const messages = {
  adHoc: `{{what}} opens a connection that somebody has to close on every path. Instead ${borrow}; ${lasting}.`,
  duplicate: `{{what}} opens one more connection that somebody has to close. Instead ${lasting}; for anything else ${borrow}.`,
  handedOn: `{{what}} lets every file open connections, past this rule. Instead ${instance}, and import that.`,
};

const exporting = [
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'ExportDefaultDeclaration',
  'TSExportAssignment',
  'AssignmentExpression',
];

/** Refuses clients of Redis that are made, or handed on to be made, outside of the files that `allow` names. */
export const noAdHocRedis: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: {
      description: 'Borrow Redis connections of an instance of with-redis instead of opening them',
      url: `${pages}/eslint/README.md#the-rule`,
    },
    schema: [
      {
        type: 'object',
        properties: {
          allow: { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true },
        },
        additionalProperties: false,
      },
    ],
    messages,
  },
  create(context) {
    const { allow = [] } = (context.options[0] ?? {}) as { readonly allow?: readonly string[] };
    if (isAllowed(context.filename, allow)) return {};
    const { sourceCode } = context;
    const report = (node: Node, messageId: keyof typeof messages, what: string) =>
      context.report({ node, messageId, data: { what } });

    const checkNew = (node: Node) => {
      const value = moduleValueOf(node.callee, sourceCode);
      if (value && isClientClass(value)) report(node, 'adHoc', `new ${sourceCode.getText(node.callee)}()`);
    };
    const checkCall = (node: Node) => {
      const value = moduleValueOf(node.callee, sourceCode);
      const what = () => `${sourceCode.getText(node.callee)}()`;
      if (value && isClientFactory(value)) report(node, 'adHoc', what());
      else if (value && isDuplicate(value)) report(node, 'duplicate', what());
    };
    const checkExport = (node: Node) => {
      for (const exported of exportsOf(node)) {
        const value = 'of' in exported ? exported.of : moduleValueOf(exported.value, sourceCode);
        if (value && opensClients(value)) report(exported.node, 'handedOn', `exporting ${nameOf(value)}`);
      }
    };
    return {
      NewExpression: checkNew,
      CallExpression: checkCall,
      ...Object.fromEntries(exporting.map((type) => [type, checkExport])),
    };
  },
};

/** `Redis of ioredis`, or the module alone. */
function nameOf({ module, path }: ModuleValue): string {
  const name = path.filter((step) => step !== 'default').join('.');
  return name ? `${name} of ${module}` : module;
}
