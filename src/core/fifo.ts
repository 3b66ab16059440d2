/** A member of at most one {@link Fifo} at a time. */
export interface FifoNode {
  previous: FifoNode | undefined;
  next: FifoNode | undefined;
  queued: boolean;
}

/** First in, first out, with removal from anywhere in constant time: an abandoned member costs nothing. */
export class Fifo<N extends FifoNode> {
  #head: FifoNode | undefined;
  #tail: FifoNode | undefined;
  /** How many there are; only this class changes it. */
  size = 0;

  get head(): N | undefined {
    return this.#head as N | undefined;
  }

  push(node: N): void {
    node.previous = this.#tail;
    node.next = undefined;
    node.queued = true;
    if (this.#tail) this.#tail.next = node;
    else this.#head = node;
    this.#tail = node;
    this.size += 1;
  }

  /** False if the node was not in the list. */
  remove(node: N): boolean {
    if (!node.queued) return false;
    node.queued = false;
    if (node.previous) node.previous.next = node.next;
    else this.#head = node.next;
    if (node.next) node.next.previous = node.previous;
    else this.#tail = node.previous;
    node.previous = undefined;
    node.next = undefined;
    this.size -= 1;
    return true;
  }

  *[Symbol.iterator](): IterableIterator<N> {
    let node = this.head;
    while (node) {
      const next = node.next as N | undefined;
      yield node;
      node = next;
    }
  }
}
