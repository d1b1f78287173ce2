"""A phone over UDP that registers, calls and watches presence (RFC 3261, 2617 and 6665)."""

import hashlib
import re
import secrets
import socket
import time

from tests.live.private import SIP_ADDRESS


class Phone:
    """A user agent of one extension; ``domain`` is FreeSWITCH's default one if none is given."""

    def __init__(self, freeswitch, user, password, domain=None, *, call_id=None):
        self._server = (SIP_ADDRESS, freeswitch.sip_port)
        self._domain = domain or freeswitch.domain
        self._user = user
        self._password = password
        self._call_id = call_id or secrets.token_hex(8)
        self._sequence = 0
        self._notified = []
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(10)

    def register(self):
        """The status of the answer to a REGISTER with credentials."""
        return self._authenticated("REGISTER", f"sip:{self._domain}", self._aor, "Expires: 600\r\n")

    def watch(self, user):
        """Subscribe to the presence of a user, of this domain if it names none."""
        target = f"sip:{user}" if "@" in user else f"sip:{user}@{self._domain}"
        headers = "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: 600\r\n"
        return self._authenticated("SUBSCRIBE", target, target, headers)

    def ask_for_dialogs(self, user):
        """The status of the answer to a SUBSCRIBE for the dialogs of a user."""
        target = f"sip:{user}@{self._domain}"
        headers = "Event: dialog\r\nAccept: application/dialog-info+xml\r\nExpires: 600\r\n"
        answer = self._send("SUBSCRIBE", target, target, headers)
        return int(answer.split(" ")[1])

    def call(self, number):
        """The status of the answer to an INVITE with PCMU; nothing acknowledges it."""
        target = f"sip:{number}@{self._domain}"
        host, port = self._socket.getsockname()
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {port + 1} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
        )
        headers = "Content-Type: application/sdp\r\n"
        return self._authenticated("INVITE", target, target, headers, body)

    def notified(self, condition):
        """The bodies of the NOTIFYs so far, once the condition holds for them."""
        deadline = time.monotonic() + 30
        while not condition(self._notified):
            assert time.monotonic() < deadline, self._notified
            self._take_request(self._socket.recv(65536).decode())
        return self._notified

    def close(self):
        self._socket.close()

    @property
    def contact(self):
        """The URI at which it is called."""
        return f"sip:{self._user}@{self._address}"

    @property
    def _aor(self):
        return f"sip:{self._user}@{self._domain}"

    @property
    def _address(self):
        return "{}:{}".format(*self._socket.getsockname())

    def _authenticated(self, method, uri, to, headers, body=""):
        challenge = self._send(method, uri, to, headers, body)
        realm = re.search(r'realm="([^"]+)"', challenge)[1]
        nonce = re.search(r'nonce="([^"]+)"', challenge)[1]
        secret = _md5(f"{self._user}:{realm}:{self._password}")
        response = _md5(f"{secret}:{nonce}:{_md5(f'{method}:{uri}')}")
        name = "Authorization" if " 401 " in challenge.split("\r\n")[0] else "Proxy-Authorization"
        answer = self._send(
            method,
            uri,
            to,
            f'{headers}{name}: Digest username="{self._user}", realm="{realm}", '
            f'nonce="{nonce}", uri="{uri}", response="{response}", algorithm=MD5\r\n',
            body,
        )
        return int(answer.split(" ")[1])

    def _send(self, method, uri, to, headers, body=""):
        self._sequence += 1
        self._socket.sendto(
            (
                f"{method} {uri} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self._address};branch=z9hG4bK{secrets.token_hex(8)};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: <{self._aor}>;tag=live\r\nTo: <{to}>\r\n"
                f"Call-ID: {self._call_id}{method[0]}\r\nCSeq: {self._sequence} {method}\r\n"
                f"Contact: <{self.contact}>\r\n{headers}"
                f"Content-Length: {len(body)}\r\n\r\n{body}"
            ).encode(),
            self._server,
        )
        while True:
            received = self._socket.recv(65536).decode()
            if not received.startswith("SIP/2.0"):
                self._take_request(received)
            elif received[8] != "1" and f"CSeq: {self._sequence} {method}" in received:
                return received

    def _take_request(self, request):
        """Answer a request of FreeSWITCH, and keep the body of a NOTIFY of presence."""
        head, _, body = request.partition("\r\n\r\n")
        names = r"(?im)^(?:via|from|to|call-id|cseq):.*$"
        kept = "\r\n".join(line.rstrip("\r") for line in re.findall(names, head))
        answer = f"SIP/2.0 200 OK\r\n{kept}\r\nContent-Length: 0\r\n\r\n"
        self._socket.sendto(answer.encode(), self._server)
        if request.startswith("NOTIFY") and "pidf" in head:
            self._notified.append(body)


def registered(freeswitch, user, domain=None):
    """Whether a phone is registered as the user, by the answer of FreeSWITCH."""
    # "show registrations" is stale after a flush.
    status = freeswitch.command("sofia xmlstatus profile internal reg")
    return f"<user>{user}@{domain or freeswitch.domain}</user>" in status


def _md5(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
