import type { Bytes } from './resp.js';

/** As KEYS and PSUBSCRIBE match: `*`, `?`, `[abc]`, and `\` before what is meant as it is. */
export function matches(pattern: Bytes, text: Bytes): boolean {
  const source = pattern.replace(
    /\\(.)|\[(\^?)([^\]]*)\]|([*?])|([\s\S])/g,
    (all, escaped, not, set, wild, plain) => {
      if (wild) return wild === '*' ? '[\\s\\S]*' : '[\\s\\S]';
      if (set !== undefined) return `[${not}${set.replace(/[\\\]^]/g, '\\$&')}]`;
      return (escaped ?? plain ?? all).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    },
  );
  return new RegExp(`^${source}$`).test(text);
}
