import type { SocketAddress } from './globals.js';
import { SimSocket, systemError } from './socket.js';
import { fairWeather, type Weather } from './weather.js';
import { type Ether, Wire } from './wire.js';

/** Where somebody listens. */
export interface Listener {
  /** Somebody has connected; false refuses, as a process that is not there does. */
  accept(wire: Wire): boolean;
}

/** Names, addresses, who listens there, and how the way there is. */
export class Network {
  /** Sockets of the process that are not closed, those that dial included. */
  readonly open = new Set<SimSocket>();
  /** Connections ever asked for. */
  dials = 0;
  /** What a name stands for now; it may change. A name that is not here is its own address. */
  readonly names = new Map<string, string>();
  readonly #listeners = new Map<string, Listener>();
  readonly #weather = new Map<string, Weather>();
  readonly #wires = new Set<Wire>();
  readonly #dialling: { socket: SimSocket; address: string }[] = [];
  readonly #ether: Ether;
  /** Told of every socket; whoever counts them counts here. */
  onOpen: (socket: SimSocket) => void = () => {};

  constructor(ether: Ether) {
    this.#ether = ether;
  }

  listen(address: string, listener: Listener): void {
    this.#listeners.set(address, listener);
  }

  weatherAt(address: string): Weather {
    let weather = this.#weather.get(address);
    if (!weather) {
      weather = fairWeather();
      this.#weather.set(address, weather);
    }
    return weather;
  }

  connect(options: SocketAddress): SimSocket {
    this.dials += 1;
    const socket = new SimSocket(this.#ether, this.dials, options, () => this.open.delete(socket));
    this.open.add(socket);
    this.onOpen(socket);
    const name = options.host ?? 'localhost';
    const address = options.path ?? `${this.names.get(name) ?? name}:${options.port}`;
    this.#ether.trace.note('dial', socket.serial, address);
    this.#dial(socket, address);
    return socket;
  }

  /** The way there has become better: what was held up goes on. */
  clear(): void {
    for (const wire of this.#wires) {
      if (wire.clientClosed && wire.serverClosed) this.#wires.delete(wire);
      else wire.letGo();
    }
    for (const { socket, address } of this.#dialling.splice(0)) this.#dial(socket, address);
  }

  /** SYN and its answer, each of which takes a latency. */
  #dial(socket: SimSocket, address: string): void {
    const { loop, random } = this.#ether;
    const weather = this.weatherAt(address);
    if (weather.vanished || weather.holdsRequests) {
      this.#dialling.push({ socket, address });
      return;
    }
    const { latencyMs, jitterMs } = weather;
    loop.elsewhere(loop.now + latencyMs + jitterMs * random.next(), () => {
      const wire = new Wire(this.#ether, socket.serial, weather);
      // One that was given up before it came this far never comes.
      const accepted =
        !socket.destroyed && !weather.refuses && this.#listeners.get(address)?.accept(wire) === true;
      loop.after(latencyMs, () => this.#answer(socket, accepted ? wire : undefined, address));
    });
  }

  #answer(socket: SimSocket, wire: Wire | undefined, address: string): void {
    if (wire) this.#wires.add(wire);
    if (socket.destroyed) {
      wire?.closeClient();
      return;
    }
    if (wire) socket.connected(wire);
    else {
      this.#ether.trace.note('refused', socket.serial);
      socket.failed(systemError('ECONNREFUSED', 'connect', address));
    }
  }
}
