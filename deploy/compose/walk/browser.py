"""Looks at the page of the shop in chromium, headless, by its debugging protocol over two pipes."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path

import endings

ANSWER_SECONDS = 60
REFRESHES = 3  # that the page's own script is to make before the picture is taken
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--remote-debugging-pipe",
           "--window-size=900,620")
# Resolves once the page was shown anew so often; a page that stands still is an error.
AFTER_REFRESHES = """new Promise((resolve, reject) => {
  let seen = 0;
  new MutationObserver((changes) => {
    if (changes.some((change) => [...change.addedNodes].some((node) => node.localName === 'main')) && ++seen === %d) resolve(seen);
  }).observe(document.body, { childList: true });
  setTimeout(reject, 20000, new Error('the page does not refresh'));
})""" % REFRESHES


class Chromium:
    """One browser with a profile of its own. `heard` has every event that it tells of, in order."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="muster-chromium-")
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        # It speaks over descriptors 3 and 4, so the shell puts them there.
        command = ["sh", "-c", f'exec "$0" "$@" 3<&{to_read} 4>&{to_write}', "chromium", *OPTIONS,
                   f"--user-data-dir={self.profile}", "about:blank"]
        self._number, self._rest, self.heard, self.process = 0, b"", [], None
        try:
            with endings.held():
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    pass_fds=(to_read, to_write), start_new_session=True)
        except BaseException:
            self.__exit__()
            raise
        finally:
            os.close(to_read)
            os.close(to_write)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(ANSWER_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self.profile, ignore_errors=True)

    def ask(self, method, session=None, **parameters):
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._to, json.dumps(request).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._number:
                if "error" in message:
                    raise AssertionError(f"chromium refuses {method}: {message['error']}")
                return message["result"]
            self.heard.append(message)

    def wait_for(self, event):
        while not any(one.get("method") == event for one in self.heard):
            self.heard.append(self._next())

    def _next(self):
        while b"\0" not in self._rest:
            if not select.select([self._from], [], [], ANSWER_SECONDS)[0]:
                raise AssertionError(f"chromium said nothing for {ANSWER_SECONDS} s")
            some = os.read(self._from, 1 << 16)
            if not some:
                raise AssertionError("chromium ended by itself")
            self._rest += some
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


def complaints(heard, url):
    """What the console shows, what a script threw, what was not loaded, and what was asked for elsewhere."""
    for event in heard:
        method, told = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            yield told["exceptionDetails"].get("exception", {}).get("description", "a script failed")
        elif method == "Runtime.consoleAPICalled":
            yield f"console: {told['type']} {[one.get('value') for one in told['args']]}"
        elif method == "Log.entryAdded":
            yield f"console: {told['entry']['level']} {told['entry']['text']}"
        elif method == "Network.loadingFailed":
            yield f"not loaded: {told['errorText']}"
        elif method == "Network.requestWillBeSent" and not told["request"]["url"].startswith((url + "/", "data:")):
            yield f"asked elsewhere: {told['request']['url']}"


def look(url, picture, say):
    """Opens the page, lets it refresh by itself, keeps a picture; any complaint is a failure."""
    with Chromium() as chromium:
        target = chromium.ask("Target.createTarget", url="about:blank")["targetId"]
        session = chromium.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            chromium.ask(f"{domain}.enable", session)
        chromium.ask("Page.navigate", session, url=url + "/")
        chromium.wait_for("Page.loadEventFired")
        result = chromium.ask("Runtime.evaluate", session, expression=AFTER_REFRESHES, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"].get("exception", {}).get("description", "the page does not refresh"))
        shown = chromium.ask("Runtime.evaluate", session, expression="document.body.innerText", returnByValue=True)["result"]["value"]
        image = base64.b64decode(chromium.ask("Page.captureScreenshot", session, format="png")["data"])
        Path(picture).parent.mkdir(parents=True, exist_ok=True)
        Path(picture).write_bytes(image)
        found = list(complaints(chromium.heard, url))
    for wanted in ("prices-1", "orders-2", "failed 0", "fresh"):
        if wanted not in shown:
            raise AssertionError(f"the page does not show '{wanted}': {shown}")
    if found:
        raise AssertionError("; ".join(found))
    say(f"it refreshed {REFRESHES} times, nothing on the console; the picture has {len(image)} bytes")
