import { createConnection, type Socket } from 'node:net';

/** A connection to a real server, byte by byte. */
export class Line {
  #text = '';
  #wake = () => {};
  readonly #socket: Socket;

  constructor(port: number) {
    this.#socket = createConnection({ port, host: '127.0.0.1' });
    this.#socket.on('data', (bytes) => {
      this.#text += bytes.toString('latin1');
      this.#wake();
    });
  }

  ask(command: readonly string[]): void {
    const words = command.map((word) => `$${word.length}\r\n${word}\r\n`).join('');
    this.#socket.write(Buffer.from(`*${command.length}\r\n${words}`, 'latin1'));
  }

  /** As many bytes as there should be, or what has come when it is too late for more. */
  async hear(length: number): Promise<string> {
    const until = performance.now() + 300;
    while (this.#text.length < length && performance.now() < until)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    const text = this.#text;
    this.#text = '';
    return text;
  }

  end(): void {
    this.#socket.destroy();
  }
}
