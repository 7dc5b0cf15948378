"""`freedompay doctor` against issuers, web servers and nobody."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

NAMES = [
    "settings",
    "way",
    "name",
    "connection",
    "clock",
    "sign",
    "jws-hs512",
    "jws-hs256",
    "latency",
    "answers",
]
PEM = Path(__file__).with_name("localhost.pem")
UNKNOWN = '{"status": "error", "error_code": "unknown_request", "error_description": "no request"}'


def checks(result) -> dict[str, dict]:
    told = json.loads(result.stdout)
    assert [each["name"] for each in told["checks"]] == NAMES
    assert told["ok"] is all(each["verdict"] == "ok" for each in told["checks"])
    return {each["name"]: each for each in told["checks"]}


def verdicts(told) -> list[str]:
    return [told[name]["verdict"] for name in NAMES]


@pytest.fixture
def server():
    """A web server that answers each call as the test says."""
    with contextlib.ExitStack() as stack:

        def make(
            answer=lambda headers: (200, UNKNOWN),
            *,
            skew=0.0,
            date=True,
            close=False,
            head=True,
            tls=False,
            kind="application/json",
        ) -> str:
            class Handler(BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"

                def log_message(self, *args) -> None:
                    pass

                def tell(self, status: int, text: str) -> None:
                    content = text.encode()
                    self.send_response_only(status)
                    if date:
                        self.send_header("Date", formatdate(time.time() + skew, usegmt=True))
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(content)))
                    if close:
                        self.send_header("Connection", "close")
                        self.close_connection = True
                    self.end_headers()
                    self.wfile.write(b"" if self.command == "HEAD" else content)

                def do_HEAD(self) -> None:
                    if head:
                        self.tell(404, "")
                    else:
                        self.close_connection = True

                def do_POST(self) -> None:
                    self.rfile.read(int(self.headers["Content-Length"]))
                    self.tell(*answer(self.headers))

            httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            httpd.daemon_threads = True
            if tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(PEM)
                httpd.socket = context.wrap_socket(
                    httpd.socket, server_side=True, do_handshake_on_connect=False
                )
                httpd.handle_error = lambda *args: None
            thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(httpd.server_close)
            stack.callback(thread.join)
            stack.callback(httpd.shutdown)
            return f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{httpd.server_port}"

        yield make


@pytest.fixture
def shell(shell_of):
    shell = shell_of(None)
    shell.env |= {
        "FREEDOMPAY_AUTH_ID": "10001",
        "FREEDOMPAY_SECRET_KEY": "sandbox-secret",
        "FREEDOMPAY_REGION": "KZ",
    }
    return shell


def doctor(shell, base_url, *args, code=1, **env):
    result = shell("doctor", "--base-url", base_url, "--json", *args, **env)
    assert result.exit_code == code, result.stdout + result.stderr
    return checks(result)


class TestWell:
    @pytest.mark.parametrize("region", ["KZ", "KG", "UZ"])
    def test_all_is_ok(self, shell, issuer, region):
        told = doctor(shell, issuer.base_url, "--region", region, code=0)
        used = "jws-hs512" if region == "KZ" else "sign"

        assert {
            name for name, check in told.items() if "your settings use it" in check["detail"]
        } == {used}
        assert all(
            "a wrong key is refused (HTTP 401 " in told[name]["detail"] for name in NAMES[5:8]
        )

    def test_each_check_is_a_line(self, shell, issuer):
        result = shell("doctor", "--base-url", issuer.base_url)
        *lines, gap, last = result.stdout.splitlines()

        assert result.exit_code == 0
        assert (gap, last) == ("", "export FREEDOMPAY_SIGNATURE=jws-hs512")
        assert [line[9:19].strip() for line in lines] == [name[:10] for name in NAMES]
        assert {line[:9] for line in lines} == {"ok       "}
        assert (
            f"{issuer.base_url} (base_url; not live), merchant 10001, region KZ, scheme jws-hs512"
            in lines[0]
        )
        assert "straight to the host, without a proxy" in lines[1]
        assert "plain http to this machine" in lines[3]
        assert "connections are kept open" in lines[8]

    def test_it_asks_harmless_questions_only(self, shell, issuer):
        doctor(shell, issuer.base_url, code=0)
        received = issuer.do(list, issuer.sandbox.received)

        assert {each.path for each in received} - {"/"} == {"/v5/card-api/request/status"}
        bodies = [json.loads(each.body)["request_id"] for each in received if each.path != "/"]
        assert len(set(bodies)) == len(bodies) == 12

    def test_the_key_is_not_shown(self, shell, issuer):
        result = shell(
            "doctor", "--base-url", issuer.base_url, FREEDOMPAY_SECRET_KEY="kept-to-itself"
        )

        assert "kept-to-itself" not in result.stdout + result.stderr

    def test_on_a_terminal_verdicts_have_colours(self, monkeypatch, capsys):
        from freedompay_async.cli.doctor import command
        from freedompay_async.cli.doctor.checks import Check, CheckResult

        monkeypatch.setattr(command.sys.stdout, "isatty", lambda: True)
        command.draw(
            Check(name="clock", verdict=CheckResult.WRONG, detail="slow", advice="wind it up")
        )

        assert capsys.readouterr().out.splitlines()[1].strip() == "-> wind it up"


class TestSettings:
    def test_none(self, shell):
        result = shell("doctor", FREEDOMPAY_SECRET_KEY=None)

        assert result.exit_code == 2
        assert result.stdout.startswith(
            (
                "wrong    settings    set FREEDOMPAY_SECRET_KEY, FREEDOMPAY_REGION (KZ, KG or UZ) "
                "in the environment. Nothing was sent."
            )
            if "FREEDOMPAY_REGION" not in shell.env
            else (
                "wrong    settings    set FREEDOMPAY_SECRET_KEY in the environment. Nothing was "
                "sent.\n"
            )
        )

    def test_none_for_a_machine(self, shell):
        result = shell("doctor", "--json", FREEDOMPAY_AUTH_ID=None)

        assert (result.exit_code, json.loads(result.stdout)["checks"][0]["verdict"]) == (2, "wrong")

    @pytest.mark.parametrize(
        "args",
        [
            ("--base-url", "http://example.com"),
            ("--region", "RU"),
            ("--region", "UZ", "--test"),
            ("--auth-id", " 1"),
        ],
    )
    def test_wrong_ones(self, shell, args):
        result = shell("doctor", *args)

        assert (result.exit_code, result.stdout[:19]) == (2, "wrong    settings  ")
        assert "Nothing was sent." in result.stdout

    def test_no_region(self, shell, issuer):
        told = doctor(shell, issuer.base_url, FREEDOMPAY_REGION=None)

        assert verdicts(told) == ["wrong", *["ok"] * 9]
        assert told["settings"]["advice"].startswith("set FREEDOMPAY_REGION (KZ, KG or UZ)")
        assert told["sign"]["advice"] == (
            "to use it, set FREEDOMPAY_SIGNATURE=sign, or --scheme sign, or hand in scheme='sign'"
        )

    def test_a_key_with_a_line_break(self, shell, issuer):
        result = shell(
            "doctor", "--base-url", issuer.base_url, FREEDOMPAY_SECRET_KEY="sandbox-secret\n"
        )

        assert result.exit_code == 2
        assert result.stdout.startswith(
            "wrong    settings    secret_key has a line break (newline or carriage return) in it"
        )
        assert "FREEDOMPAY_SECRET_KEY_EXACT=1" in result.stdout

    def test_a_key_with_a_line_break_that_is_said_to_be_right(self, shell, issuer):
        told = doctor(
            shell,
            issuer.base_url,
            FREEDOMPAY_SECRET_KEY="sandbox-secret\n",
            FREEDOMPAY_SECRET_KEY_EXACT="1",
        )

        assert told["settings"]["verdict"] == "unknown"
        assert "the secret key has a line break" in told["settings"]["detail"]
        assert told["jws-hs512"]["verdict"] == "wrong"

    def test_a_contract_that_can_not_be_read(self, shell, issuer):
        result = shell(
            "doctor", "--base-url", issuer.base_url, "--json", "--contract", "nowhere.toml"
        )

        assert result.exit_code == 2
        assert "nowhere.toml" in json.loads(result.stdout)["checks"][0]["detail"]

    def test_the_proxy_that_is_told_is_the_one_that_is_tried(self, monkeypatch):
        from freedompay_async.cli.doctor.schemes import open_client
        from freedompay_async.cli.doctor.target import check_settings
        from freedompay_async.cli.settings_flags import Given

        for name, value in {
            "AUTH_ID": "1",
            "SECRET_KEY": "k",
            "REGION": "KZ",
            "PROXY": "one.example.com:3128",
        }.items():
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        monkeypatch.setenv("https_proxy", "http://other.example.com:3128")
        _, target = check_settings(Given(test=True, trust_env=True))
        tried = open_client(target, target.scheme.signer(auth_id="1", secret_key="k"))

        assert repr(target.way) == "Way(Proxy('http://one.example.com:3128', FREEDOMPAY_PROXY))"
        assert repr(target.way) in repr(tried)

    @pytest.mark.parametrize(
        ("flags", "host"),
        [
            ((), "https://api.freedompay.kz (the host of KZ; live: cards are real)"),
            (("--test",), "https://test-api.freedompay.kz (the host of KZ; not live)"),
        ],
    )
    def test_the_host_of_a_region(self, monkeypatch, flags, host):
        from freedompay_async.cli.doctor.target import check_settings
        from freedompay_async.cli.settings_flags import Given

        for name, value in {"AUTH_ID": "1", "SECRET_KEY": "k", "REGION": "KZ"}.items():
            monkeypatch.setenv(f"FREEDOMPAY_{name}", value)
        check, target = check_settings(Given(test=bool(flags)))

        assert check.detail == f"{host}, merchant 1, region KZ, scheme jws-hs512"
        assert (target.port, target.tls) == (443, True)


class TestScheme:
    def test_of_the_settings_is_the_one_that_is_used(self, shell, issuer):
        told = doctor(shell, issuer.base_url, "--scheme", "jws-hs256", code=0)

        assert {
            name for name, check in told.items() if "your settings use it" in check["detail"]
        } == {"jws-hs256"}

    def test_that_the_host_takes_is_the_line_for_the_environment(self, shell, server):
        right = None

        def answer(headers):
            # The first one of HS256 is made with the right key, the next with the wrong one.
            nonlocal right
            head = headers.get("X-JWS-Signature", "").partition("..")[0]
            if b'"HS256"' not in base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)):
                return 401, '{"status": "error", "error_code": "unauthorized"}'
            right = right is None
            return (
                (200, UNKNOWN)
                if right
                else (401, '{"status": "error", "error_code": "unauthorized"}')
            )

        url = server(answer)
        result = shell("doctor", "--base-url", url)
        right = None
        told = json.loads(shell("doctor", "--base-url", url, "--json").stdout)

        assert result.stdout.endswith("\nexport FREEDOMPAY_SIGNATURE=jws-hs256\n")
        assert told["environment"] == {"FREEDOMPAY_SIGNATURE": "jws-hs256"}

    @pytest.mark.parametrize(
        ("setting", "line"),
        [
            ("payment-cards=jws-hs256,gift-cards=sign", "payment-cards=jws-hs256,gift-cards=sign"),
            ("gift_cards = SIGN", "payment-cards=jws-hs512,gift-cards=sign"),
            ("payment-cards=jws-hs256", "payment-cards=jws-hs256"),
            ("jws-hs256", "jws-hs256"),
        ],
    )
    def test_of_a_section_that_is_not_tried_stays_in_the_line_for_the_environment(
        self, shell, issuer, setting, line
    ):
        result = shell("doctor", "--base-url", issuer.base_url, "--scheme", setting)

        assert result.stdout.endswith(f"\nexport FREEDOMPAY_SIGNATURE={line}\n")

    def test_of_one_section_alone_is_not_enough_without_a_region(self, shell, issuer):
        told = doctor(
            shell, issuer.base_url, "--scheme", "payment-cards=jws-hs512", FREEDOMPAY_REGION=None
        )

        assert told["settings"]["advice"].startswith("set FREEDOMPAY_REGION (KZ, KG or UZ)")

    def test_that_the_contract_does_not_go_with_is_not_tried(self, shell, issuer):
        (shell.folder / "contract.toml").write_text(
            '[cards.activate]\nleave_out = ["request_id"]\n', encoding="utf-8"
        )
        told = doctor(
            shell, issuer.base_url, "--region", "KG", "--contract", "contract.toml", code=0
        )

        assert told["jws-hs256"]["detail"].startswith(
            "not tried: cards.activate: the contract takes request_id out of the body"
        )

    def test_is_no_line_for_the_environment_where_none_is_known_to_be_taken(self, shell, server):
        assert "export" not in shell("doctor", "--base-url", server()).stdout


class TestKey:
    def test_a_wrong_one(self, shell, issuer):
        told = doctor(shell, issuer.base_url, FREEDOMPAY_SECRET_KEY="wrong")

        assert verdicts(told) == [
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "unknown",
            "wrong",
            "unknown",
            "unknown",
            "unknown",
        ]
        assert told["jws-hs512"]["advice"].startswith(
            "check FREEDOMPAY_AUTH_ID and FREEDOMPAY_SECRET_KEY, and that they are of this host"
        )
        assert told["latency"]["detail"] == "not tried: no scheme is known to be accepted"

    def test_another_merchant(self, shell, issuer):
        assert (
            doctor(shell, issuer.base_url, "--auth-id", "20002")["jws-hs512"]["verdict"] == "wrong"
        )

    def test_of_another_scheme(self, shell, server):
        right = None

        def answer(headers):
            # The first `Sign` is made with the right key, the next with the wrong one.
            nonlocal right
            if "Sign" not in headers:
                return 401, '{"status": "error", "error_code": "unauthorized"}'
            right = right is None
            return (
                (200, UNKNOWN)
                if right
                else (401, '{"status": "error", "error_code": "unauthorized"}')
            )

        told = doctor(shell, server(answer))

        assert (
            told["sign"]["verdict"],
            told["jws-hs512"]["verdict"],
            told["jws-hs256"]["verdict"],
        ) == ("ok", "wrong", "ok")
        assert told["jws-hs512"]["advice"] == (
            "merchant and key are right, the scheme is not: sign is accepted; set "
            "FREEDOMPAY_SIGNATURE=sign, or --scheme sign, or hand in scheme='sign'"
        )

    def test_a_host_that_answers_all_keys_alike(self, shell, server):
        told = doctor(shell, server())

        assert verdicts(told)[5:] == ["unknown"] * 5
        assert told["sign"]["detail"] == (
            "a wrong key gets the same answer as yours (HTTP 200 unknown_request no request), so "
            "it tells nothing of the key"
        )
        assert "freedompay cards info CARD" in told["sign"]["advice"]


class TestHost:
    def test_a_web_page(self, shell, server):
        told = doctor(
            shell, server(lambda headers: (200, "<html>Welcome</html>"), kind="text/html")
        )

        assert verdicts(told)[5:8] == ["wrong"] * 3
        assert (
            told["jws-hs512"]["detail"]
            == "the host does not answer like the Card API (HTTP 200, an HTML page)"
        )
        assert told["jws-hs512"]["advice"] == "check base_url and region"

    def test_a_page_that_is_not_found(self, shell, server):
        assert (
            doctor(shell, server(lambda headers: (404, "<html>"), kind="text/html"))["sign"][
                "verdict"
            ]
            == "wrong"
        )

    def test_json_of_another_api(self, shell, server):
        told = doctor(shell, server(lambda headers: (200, '{"hello": "world"}')))

        assert told["sign"]["detail"] == (
            "the host does not answer like the Card API (HTTP 200, JSON of another shape, or none)"
        )

    def test_a_plain_404_is_an_answer(self, shell, server):
        assert (
            "a wrong key gets the same answer as yours (HTTP 404"
            in doctor(shell, server(lambda headers: (404, "{}")))["sign"]["detail"]
        )

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_trouble(self, shell, server, status):
        told = doctor(shell, server(lambda headers: (status, "{}")))

        assert verdicts(told)[5:] == ["unknown"] * 5
        assert told["sign"]["detail"].startswith("no answer (")
        assert told["sign"]["advice"] == "try again in a minute"

    def test_a_name_that_there_is_not(self, shell):
        told = doctor(shell, "https://nowhere.invalid")

        assert verdicts(told) == ["ok", "ok", "wrong", *["unknown"] * 7]
        assert told["name"]["detail"].startswith("the name nowhere.invalid was not resolved (")
        assert told["answers"]["detail"] == "not tried: the name was not resolved"

    @pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.example"])
    def test_what_can_be_no_name(self, shell, host):
        assert doctor(shell, f"https://{host}")["name"]["verdict"] == "wrong"

    def test_nobody_there(self, shell, free_port):
        told = doctor(shell, f"http://127.0.0.1:{free_port}")

        assert verdicts(told) == ["ok", "ok", "ok", "wrong", *["unknown"] * 6]
        assert told["connection"]["detail"].startswith(
            f"no connection to 127.0.0.1:{free_port} (Connect"
        )

    def test_nobody_who_answers_in_time(self, shell, monkeypatch):
        monkeypatch.setattr("freedompay_async.cli.doctor.network._SECONDS", 0.1)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            told = doctor(shell, f"https://127.0.0.1:{taken.getsockname()[1]}")

        assert told["connection"]["detail"].endswith("(no answer in 0 s)")

    def test_no_tls_there(self, shell, issuer):
        told = doctor(shell, issuer.base_url.replace("http:", "https:"))

        assert told["connection"]["detail"].startswith("no TLS with 127.0.0.1:")
        assert told["connection"]["advice"] == "check base_url: is there https on this port?"

    def test_a_certificate_that_nobody_trusts(self, shell, server):
        told = doctor(shell, server(tls=True))

        assert told["connection"]["verdict"] == "wrong"
        assert told["connection"]["detail"].startswith(
            "the certificate of localhost is not trusted (self"
        )

    def test_tls(self, shell, server):
        command = shell.run(
            "doctor", "--base-url", server(tls=True), "--json", SSL_CERT_FILE=str(PEM)
        )
        told = {each["name"]: each for each in json.loads(command.stdout)["checks"]}

        assert (told["connection"]["verdict"], told["clock"]["verdict"]) == ("ok", "ok")
        assert told["connection"]["detail"].startswith("TLSv1.3 in ")
        assert ", the certificate ends on 21" in told["connection"]["detail"]


class TestClock:
    @pytest.mark.parametrize(
        ("skew", "verdict", "detail"),
        [
            (0, "ok", "as the host's"),
            (30, "ok", "s behind the host's"),
            (-300, "wrong", "s ahead of the host's"),
            (300, "wrong", "s behind the host's"),
        ],
    )
    def test_against_the_host_s(self, shell, server, skew, verdict, detail):
        told = doctor(shell, server(skew=skew))["clock"]

        assert told["verdict"] == verdict
        assert told["detail"].endswith(detail)
        assert told["advice"] == (
            "set the clock of this machine (NTP)" if verdict == "wrong" else ""
        )

    def test_without_a_date(self, shell, server):
        told = doctor(shell, server(date=False))["clock"]

        assert (told["verdict"], told["detail"]) == ("unknown", "the host's answer has no Date")

    def test_without_an_answer(self, shell, server):
        told = doctor(shell, server(head=False))["clock"]

        assert (told["verdict"], told["detail"]) == (
            "unknown",
            "the host did not answer a plain HEAD in HTTP/1.1",
        )

    def test_of_what_is_not_http(self, shell):
        def talk(taken):
            with contextlib.suppress(OSError):
                while True:
                    line, _ = taken.accept()
                    with line:
                        line.recv(10_000)
                        line.sendall(b"220 mail\r\n\r\n")

        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            thread = threading.Thread(target=talk, args=(taken,))
            thread.start()
            told = doctor(shell, f"http://127.0.0.1:{taken.getsockname()[1]}")
            taken.shutdown(socket.SHUT_RDWR)
        thread.join()

        assert verdicts(told)[4:] == ["unknown"] * 6

    def test_connections_that_are_not_kept(self, shell, server):
        accepted = []

        def answer(headers):
            accepted.append(1)
            return (200, UNKNOWN) if len(accepted) % 2 or len(accepted) > 6 else (401, "{}")

        told = doctor(shell, server(answer, close=True), code=0)

        assert "the host closes connections after an answer" in told["latency"]["detail"]
        assert "keep-alive" in told["latency"]["advice"]


def test_an_answer_that_is_not_the_contract_s(shell, server):
    asked = []

    def answer(headers):
        asked.append(1)
        fine = (
            '{"status": "ok", "request_status": "process", "dt": "2026-01-01T00:00:00+05:00", '
            '"colour": "blue"}'
        )
        return (401, "{}") if len(asked) in (2, 4, 6) else (200, fine)

    told = doctor(shell, server(answer))

    assert verdicts(told) == ["ok"] * 9 + ["unknown"]
    assert told["answers"]["detail"] == "not as in the contract: unknown field colour (6)"


def test_trouble_while_the_time_is_taken(shell, server):
    asked = []

    def answer(headers):
        asked.append(1)
        return (
            (401, "{}")
            if len(asked) in (2, 4, 6)
            else (503, "{}")
            if len(asked) > 8
            else (200, UNKNOWN)
        )

    told = doctor(shell, server(answer))

    assert (told["latency"]["verdict"], told["latency"]["advice"]) == ("unknown", "try again")


def test_a_control_without_an_answer(shell, server):
    asked = []

    def answer(headers):
        asked.append(1)
        return (
            (503, "{}")
            if len(asked) == 2
            else (401, "{}")
            if len(asked) in (4, 6)
            else (200, UNKNOWN)
        )

    told = doctor(shell, server(answer))

    assert told["sign"]["verdict"] == "unknown"
    assert "but the control with a wrong key got no answer" in told["sign"]["detail"]


def test_ctrl_c(shell, issuer):
    gate = issuer.gate("request/status")
    command = shell.start("doctor", "--base-url", issuer.base_url)
    gate.reached()
    command.interrupt()
    code = command.ends()
    gate.open()

    assert (code, command.stderr) == (130, "freedompay: aborted.\n")
