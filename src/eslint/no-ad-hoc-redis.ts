import type { Rule } from 'eslint';
import { isAllowed } from './allowed-files.js';
import { contentsOf } from './contents.js';
import { exportsOf } from './exported.js';
import { isForInstance } from './factories.js';
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

/** Files of types alone. */
const declarations = ['*.d.{ts,mts,cts}'];

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
    if (isAllowed(context.filename, [...declarations, ...allow])) return {};
    const { sourceCode } = context;
    const report = (node: Node, messageId: keyof typeof messages, what: string) =>
      context.report({ node, messageId, data: { what } });

    const checkOpening = (node: Node, messageId: keyof typeof messages, what: string) => {
      if (!isForInstance(node, sourceCode)) report(node, messageId, what);
    };
    const checkNew = (node: Node) => {
      const value = moduleValueOf(node.callee, sourceCode);
      const what = `new ${sourceCode.getText(node.callee)}()`;
      if (value && isClientClass(value)) checkOpening(node, 'adHoc', what);
    };
    const checkCall = (node: Node) => {
      const value = moduleValueOf(node.callee, sourceCode);
      const what = () => `${sourceCode.getText(node.callee)}()`;
      if (value && isClientFactory(value)) checkOpening(node, 'adHoc', what());
      else if (value && isDuplicate(value)) checkOpening(node, 'duplicate', what());
    };
    const checkHandedOn = (node: Node, value: ModuleValue | undefined) => {
      if (value && opensClients(value)) report(node, 'handedOn', `exporting ${nameOf(value)}`);
    };
    const checkExport = (node: Node) => {
      for (const exported of exportsOf(node)) {
        if ('of' in exported) checkHandedOn(exported.node, exported.of);
        else
          for (const each of contentsOf(exported.value, sourceCode)) {
            checkHandedOn(each === exported.value ? exported.node : each, moduleValueOf(each, sourceCode));
          }
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
