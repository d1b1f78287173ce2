"""Every piece of a path, every query and every header, with every payload."""

import pytest
from tests.attacks.payloads import SAMPLES, TEXTS, octets
from tests.attacks.target import about, escaped, form_body
from webob import Request

from sipapp.model.extension import check_id
from sipapp_xmldir.write.escape import escape

# What {} stands for may be anything.
PATHS = (
    "GET /sip/{}",
    "GET /sip/static/{}",
    "GET /sip/admin/{}",
    "GET /sip/admin/extensions/{}",
    "POST /sip/admin/extensions/{}",
    "GET /sip/admin/extensions/{}/rename",
    "GET /sip/admin/extensions/{}/delete",
    "POST /sip/admin/extensions/{}/delete",
    "GET /sip/admin/history/{}",
    "POST /sip/admin/history/{}/undo",
    "GET /sip/admin/reports/{}",
    "POST /sip/admin/reports/{}/delete",
    "GET /sip/api/v1/{}",
    "GET /sip/api/v1/extensions/{}",
    "PATCH /sip/api/v1/extensions/{}",
    "DELETE /sip/api/v1/extensions/{}",
    "POST /sip/api/v1/extensions/{}/password",
    "POST /sip/api/v1/extensions/{}/rename",
    "POST /sip/api/v1/extensions/{}/disable",
    "POST /sip/api/v1/history/{}/undo",
    "DELETE /sip/api/v1/live/sw/calls/{}",
    "DELETE /sip/api/v1/live/{}/calls/x",
    "DELETE /sip/api/v1/live/sw/registrations/{}",
    "GET /sip/phone/{}",
)
BODIES = {"PATCH": b'{"caller_id_name": "Eve"}', "POST": b'{"id": "2001"}'}
QUERIES = {
    "/": ["call"],
    "/sip": ["call", "extension"],
    "/sip/admin": ["search", "sort", "page"],
    "/sip/admin/live": ["search"],
    "/sip/admin/history": ["search", "before"],
    "/sip/admin/extensions/1000": [],
    "/sip/api/v1/extensions": ["search", "sort", "offset", "limit"],
    "/sip/api/v1/history": ["search", "before", "limit"],
}
HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Type",
    "Cookie",
    "Forwarded",
    "Host",
    "If-Match",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "Sec-Fetch-Site",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
)
PAGE = ("GET", "/sip", b"")
CHANGE = ("PATCH", "/sip/api/v1/extensions/1000", BODIES["PATCH"])


def ask(target, path, method="GET", body=b"", **environ):
    """Not by WebTest, whose own ways end at addresses that are no UTF-8."""
    request = Request.blank(path, environ=environ, method=method, body=body)
    return request.get_response(target.app.app)


@pytest.mark.parametrize("request_line", PATHS)
def test_pieces_of_paths(target, request_line):
    method, template = request_line.split()
    form = "/admin/" in template and method == "POST"
    content_type = "application/x-www-form-urlencoded" if form else "application/json"
    for payload in TEXTS:
        path = template.replace("{}", escaped(payload))
        with about(request_line, payload):
            answer = target.attack(
                lambda path=path: ask(
                    target,
                    path,
                    method,
                    b"" if form else BODIES.get(method, b""),
                    CONTENT_TYPE=content_type,
                ),
                stored={},
            )
            # "" and "." and the like may lead to a page that is there, by a redirect or at once.
            assert answer.status_int >= 400 or method == "GET"


@pytest.mark.parametrize("path", QUERIES)
def test_queries(target, path):
    for payload in TEXTS:
        with about(path, payload):
            queries = [form_body({name: payload}).decode() for name in QUERIES[path]]
            for query in [*queries, f"{escaped(payload)}=1", escaped(payload)]:
                target.attack(lambda query=query: ask(target, f"{path}?{query}"), stored={})


@pytest.mark.parametrize("name", HEADERS)
def test_headers(target, name):
    key = name.upper().replace("-", "_")
    key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
    payloads = TEXTS if name == "If-Match" else SAMPLES
    done = target.changed(caller_id_name="Eve")
    for (method, path, body), stored, payload in [
        *((PAGE, {}, each) for each in payloads),
        *((CHANGE, done, each) for each in payloads),
    ]:
        # As a server hands them on; it lets no line end through.
        environ = {key: octets(payload).decode("latin-1").replace("\r", "").replace("\n", "")}
        with about(name, payload, method, path):
            target.attack(
                lambda given=(path, method, body), environ=environ: ask(
                    target, *given, **({"CONTENT_TYPE": "application/json"} | environ)
                ),
                stored=stored,
            )


def test_a_file_with_a_hostile_id_reaches_no_command(target):
    """Somebody else wrote the file; what is done with it in pages and API is done here."""
    file = target.directory / "0999.xml"
    for payload in TEXTS:
        try:
            written = escape(payload)
        except ValueError:
            continue
        if check_id(payload) is None:
            continue
        with about(payload):
            file.write_text(
                f'<include>\n<user id="{written}"><params>\n'
                '<param name="password" value="pw"/>\n</params></user>\n</include>\n'
            )
            target.switch.commands.clear()
            target.seen(
                [
                    ask(target, "/sip/admin"),
                    ask(target, f"/sip/admin?{form_body({'search': payload}).decode()}"),
                    ask(target, f"/sip/api/v1/extensions/{escaped(payload)}"),
                    ask(target, f"/sip/api/v1/extensions/{escaped(payload)}", "DELETE"),
                ]
            )
    file.unlink(missing_ok=True)
