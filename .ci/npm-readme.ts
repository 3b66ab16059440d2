import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * In the tarball the links and pictures of README.md lead to the repository, at the tag of this version: npm shows the page
 * without what is around it. `prepack` writes it, `postpack` brings back what was there.
 */
const [page, kept] = ['README.md', 'README.md.orig'];

if (process.argv[2] === 'restore') {
  if (existsSync(kept)) renameSync(kept, page);
} else {
  // A pack that was interrupted has left it.
  if (!existsSync(kept)) writeFileSync(kept, readFileSync(page));
  writeFileSync(page, withAbsoluteLinks(readFileSync(kept, 'utf8')));
}

function withAbsoluteLinks(text: string): string {
  const { repository, version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
  const raw = home.replace('//github.com/', '//raw.githubusercontent.com/');
  return text.replace(/(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)]+)\)/g, (_, picture, label, path) =>
    picture ? `![${label}](${raw}/v${version}/${path})` : `[${label}](${home}/blob/v${version}/${path})`,
  );
}
