"""What every answer tells a browser to be careful with."""

import pytest
from tests.functional.route_table import path_of, routes

from sipapp.api import Extension

OTHERS = (
    ("GET", "/sip/nothing"),
    ("PUT", "/sip/admin"),
    ("PUT", "/sip/api/v1/reload"),
    ("GET", "/sip/static/x"),
    ("GET", "/sip/static/assets/x"),
    ("GET", "/elsewhere"),
)
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "plain"])
def test_every_answer_is_careful(app, memory, tls):
    memory.storage.create(Extension("1000", password="stored-password"))
    server = "https://localhost:443" if tls else "http://localhost:80"
    asked = [*routes(app), *(("HEAD", pattern) for method, pattern in routes(app)), *OTHERS]
    for method, pattern in asked:
        answer = app.request(server + path_of(pattern), method=method, expect_errors=True)
        about = f"{method} {pattern}"
        headers = answer.headers
        for name, value in ALWAYS.items():
            assert headers[name] == value, about
        policy = headers["Content-Security-Policy"]
        for part in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
            assert part in policy, about
        assert "unsafe" not in policy, about
        assert "*" not in policy, about
        # The phone has the microphone, and nothing else has anything.
        mine = "self" if pattern == "/sip" and answer.status_int == 200 else ""
        expected = f"microphone=({mine}), camera=(), geolocation=()"
        assert headers["Permissions-Policy"] == expected, about
        assert headers.get("Strict-Transport-Security") == ("max-age=31536000" if tls else None), (
            about
        )
        # Of what may be kept, nothing is about anybody.
        if headers["Cache-Control"] != "no-store":
            assert pattern in {
                "/sip",
                "/sip/service-worker.js",
                "/sip/manifest.webmanifest",
                "/sip/static/LICENSES.txt",
            }
            assert "no-cache" in headers["Cache-Control"]
        if answer.content_type == "text/html" and method != "HEAD":
            inline = "script:not([src]):not([type='application/json']), style, [style], [onclick]"
            assert answer.html.select(inline) == [], about
