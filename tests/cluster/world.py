"""Network namespaces that are joined by a switch of our own, and a file system of our own: a world that is gone with its
processes, whatever ends them. The switch delays, loses and cuts packets for each pair and direction."""
import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
PACKET_MAX = 65536
NETWORK = "10.77.0."
CLIENTS = NETWORK + "100"  # where this program itself is
libc = ctypes.CDLL(None, use_errno=True)


class Impossible(Exception):
    """This machine does not let us."""


def unshare(flags):
    if libc.unshare(flags) != 0:
        raise Impossible(f"unshare: {os.strerror(ctypes.get_errno())}")


def run(*command, namespace=None):
    """Runs it, in the network namespace of this descriptor where one is given."""
    inside = ["nsenter", f"--net=/proc/self/fd/{namespace}"] if namespace is not None else []
    passed = [] if namespace is None else [namespace]
    done = subprocess.run([*inside, *command], pass_fds=passed, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Impossible(f"{' '.join(command)}: {done.stderr.strip()}")


def enter(folder, megabytes):
    """Moves this process into a network and a set of mounts of its own, where `folder` is an empty file system."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the folder goes too
    unshare(CLONE_NEWNET | CLONE_NEWNS)
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)
    run("ip", "link", "set", "lo", "up")


def mount_disk(folder, megabytes):
    os.makedirs(folder)
    run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder)


class Place:
    """A network namespace with one address."""

    def __init__(self, address, own=False):
        self.address, self.namespace, self.tun = address, None, None
        self.problem = None
        if own:
            self._open()
        else:  # a thread can be moved into another network while the process stays
            thread = threading.Thread(target=self._make)
            thread.start()
            thread.join()
            if self.problem:
                raise self.problem
            run("ip", "link", "set", "lo", "up", namespace=self.namespace)
        run("ip", "address", "add", f"{address}/24", "dev", "tun0", namespace=self.namespace)
        run("ip", "link", "set", "tun0", "up", namespace=self.namespace)

    def _make(self):
        try:
            unshare(CLONE_NEWNET)
            self.namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
            self._open()
        except (OSError, Impossible) as problem:
            self.problem = problem if isinstance(problem, Impossible) else Impossible(str(problem))

    def _open(self):
        try:
            self.tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
        except OSError as problem:
            raise Impossible(f"/dev/net/tun: {problem}") from problem


class Weather:
    """What a packet of one direction meets."""

    __slots__ = ("cut", "delay", "jitter", "loss")

    def __init__(self):
        self.cut, self.delay, self.jitter, self.loss = 0, 0.0, 0.0, 0.0


class Switch:
    """Carries packets between places. Rules may change at any time, from any thread."""

    def __init__(self, places, seed):
        self.random = random.Random(seed)
        self.places = {socket.inet_aton(place.address): place for place in places}
        self.by_tun = {place.tun: socket.inet_aton(place.address) for place in places}
        self.weather = {(a, b): Weather() for a in self.places for b in self.places}
        self.carried, self.dropped = 0, 0
        self.order = itertools.count()
        self.ended = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def between(self, sources, targets):
        """The rules of all directions from one of these to one of those."""
        return [self.weather[socket.inet_aton(a), socket.inet_aton(b)] for a in sources for b in targets if a != b]

    def end(self):
        self.ended = True
        self.thread.join()

    def _run(self):
        poll = select.epoll()
        for tun in self.by_tun:
            poll.register(tun, select.EPOLLIN)
        waiting = []
        while not self.ended:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, target, packet = heapq.heappop(waiting)
                self._deliver(target, packet)
            timeout = max(waiting[0][0] - now, 0) if waiting else 0.2
            for tun, _ in poll.poll(timeout):
                self._read(tun, waiting)

    def _read(self, tun, waiting):
        source = self.by_tun[tun]
        for _ in range(64):
            try:
                packet = os.read(tun, PACKET_MAX)
            except BlockingIOError:
                return
            target = packet[16:20]
            weather = self.weather.get((source, target))
            if packet[0] >> 4 != 4 or weather is None:
                continue
            if weather.cut or (weather.loss and self.random.random() < weather.loss):
                self.dropped += 1
            elif weather.delay:
                late = weather.delay + self.random.random() * weather.jitter
                heapq.heappush(waiting, (time.monotonic() + late, next(self.order), target, packet))
            else:
                self._deliver(target, packet)

    def _deliver(self, target, packet):
        self.carried += 1
        try:
            os.write(self.places[target].tun, packet)
        except OSError:
            self.dropped += 1


def leave(folder):
    """What is mounted there goes with this process; the folder itself goes here."""
    libc.umount2(folder.encode(), 2)  # detached: the disks in it go with their last user
    os.rmdir(folder)
