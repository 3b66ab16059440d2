import { readFileSync, writeFileSync } from 'node:fs';

/**
 * In the tarball the links and pictures of README.md lead to the repository, at the tag of this version: npm shows the page
 * without what is around it. `prepack` writes them so, and `postpack` (`back`) as they were; a pack that was interrupted is
 * undone by `npx tsx .ci/npm-readme.ts back`.
 */
const { repository, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
const pages = `${home}/blob/v${version}/`;
const pictures = `${home.replace('//github.com/', '//raw.githubusercontent.com/')}/v${version}/`;

const text = readFileSync('README.md', 'utf8');
writeFileSync('README.md', process.argv[2] === 'back' ? withRelativeLinks() : withAbsoluteLinks());

function withAbsoluteLinks(): string {
  return text.replace(
    /(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)/g,
    (_, picture, label, path) => `${picture}[${label}](${picture ? pictures : pages}${path})`,
  );
}

function withRelativeLinks(): string {
  return text.replaceAll(`](${pages}`, '](').replaceAll(`](${pictures}`, '](');
}
