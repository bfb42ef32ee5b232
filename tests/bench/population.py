"""The instances that the benchmarks register: the shape that Spring's client sends, 1,084 bytes each."""
import socket
import sys
import threading

SERVICES = 50
BODY_BYTES = 1084
DIRTY = 1760000000000
INTERVAL_S = 30
UNATTENDED_S = 1800  # the interval of instances that nobody renews for a while and that are not to be late meanwhile

# A lease of an hour, so that no instance leaves while another row is being measured.
TEMPLATE = (
    '{{"instance":{{"instanceId":"{host}:{service}:8080","app":"{app}","appGroupName":null,"ipAddr":"{address}","sid":"na",'
    '"homePageUrl":"http://{host}:8080/","statusPageUrl":"http://{host}:8080/actuator/info",'
    '"healthCheckUrl":"http://{host}:8080/actuator/health","secureHealthCheckUrl":null,"vipAddress":"{service}",'
    '"secureVipAddress":"{service}","countryId":1,'
    '"dataCenterInfo":{{"@class":"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo","name":"MyOwn"}},'
    '"hostName":"{host}","status":"UP","overriddenStatus":"UNKNOWN",'
    '"leaseInfo":{{"renewalIntervalInSecs":{interval},"durationInSecs":3600,"registrationTimestamp":0,"lastRenewalTimestamp":0,'
    '"evictionTimestamp":0,"serviceUpTimestamp":0}},"isCoordinatingDiscoveryServer":false,'
    '"lastUpdatedTimestamp":{dirty},"lastDirtyTimestamp":{dirty},"actionType":null,"asgName":null,'
    '"port":{{"$":8080,"@enabled":"true"}},"securePort":{{"$":443,"@enabled":"false"}},'
    '"metadata":{{"management.port":"8080","zone":"{zone}","version":"{version:08d}"}}}}}}')


def service_of(number):
    return f"service-{number % SERVICES:03d}"


def instance_id(number):
    return f"host-{number:06d}.example.net:{service_of(number)}:8080"


def body(number, version=0, interval=INTERVAL_S):
    """The registration of one instance; each version differs in one metadata value, so that it is a change."""
    service = service_of(number)
    text = TEMPLATE.format(host=f"host-{number:06d}.example.net", service=service, app=service.upper(),
                           address=f"10.{100 + number // 65536}.{100 + number // 256 % 100}.{100 + number % 100}",
                           zone="zone-a", version=version, dirty=DIRTY, interval=interval)
    padding = BODY_BYTES - len(text)
    if padding < 0:
        raise ValueError(f"the body has {len(text)} bytes, more than {BODY_BYTES}")
    return text.replace('"zone":"zone-a"', '"zone":"zone-a' + "x" * padding + '"')


def registration(number, version=0, interval=INTERVAL_S):
    text = body(number, version, interval)
    return (f"POST /eureka/apps/{service_of(number).upper()} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}").encode()


def heartbeat(number):
    return (f"PUT /eureka/apps/{service_of(number).upper()}/{instance_id(number)}?status=UP&lastDirtyTimestamp={DIRTY} "
            "HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nContent-Length: 0\r\n\r\n").encode()


def read(path, accept="application/json", gzip=False):
    encoding = "Accept-Encoding: gzip\r\n" if gzip else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n{encoding}\r\n".encode()


def write_requests(path, requests):
    """The file that wrk/rotate.lua reads."""
    with open(path, "wb") as file:
        for request in requests:
            file.write(b"%d\n%s" % (len(request), request))


class Connection:
    """One keep-alive connection for requests whose answers are short; opened anew where the server ends it."""

    def __init__(self, port, timeout=60):
        self.port, self.timeout = port, timeout
        self.socket, self.waiting, self.ended = None, b"", True

    def exchange(self, request):
        """Sends a request that may be repeated, and returns the status of its answer; the body is read and dropped."""
        if self.ended:
            self._open()
            return self._once(request)
        try:
            return self._once(request)
        except ConnectionError:
            self._open()
            return self._once(request)

    def close(self):
        if self.socket is not None:
            self.socket.close()

    def _open(self):
        self.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=self.timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.waiting, self.ended = b"", False

    def _once(self, request):
        self.socket.sendall(request)
        return self.answer()

    def exchange_all(self, requests):
        """Sends all before it reads an answer; one request alone may be sent again, as by `exchange`."""
        if len(requests) == 1:
            return [self.exchange(requests[0])]
        self.send(b"".join(requests))
        return [self.answer() for _ in requests]

    def send(self, request):
        """For requests whose answers are taken later, each by `answer()` in the order of the requests."""
        if self.ended:
            self._open()
        self.socket.sendall(request)

    def answer(self):
        while (end := self.waiting.find(b"\r\n\r\n")) < 0:
            self._more()
        head, self.waiting = self.waiting[:end].lower(), self.waiting[end + 4:]
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
            elif (name == b"connection" and b"close" in value) or name == b"transfer-encoding":
                self.ended = True  # a chunked answer is an error page: not worth reading
        while len(self.waiting) < length:
            self._more()
        self.waiting = self.waiting[length:]
        return int(head[9:12])

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.waiting += data


def register_all(port, first, end, connections=8, interval=INTERVAL_S, batch=1):
    """Registers the instances [first, end); on each of a few connections, as many requests as `batch` are outstanding."""
    failures = []

    def work(start):
        try:
            connection = Connection(port)
            numbers = range(start, end, connections)
            for turn in range(0, len(numbers), batch):
                some = numbers[turn:turn + batch]
                statuses = connection.exchange_all([registration(number, interval=interval) for number in some])
                if any(status != 204 for status in statuses):
                    raise RuntimeError(f"registrations of {instance_id(some[0])} and following answered {statuses}")
            connection.close()
        except (OSError, RuntimeError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(first + index,)) for index in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


if __name__ == "__main__":
    given = list(map(int, sys.argv[1:]))  # port, first, end, and for a quick filling: interval, batch
    register_all(*given[:3], **dict(zip(("interval", "batch"), given[3:])))
