"""The host, the network, the clock and the answers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

import pytest

from tests.cli.doctor.running import PEM, UNKNOWN, doctor, results


class TestHost:
    def test_a_web_page(self, shell, server):
        shown = doctor(
            shell, server(lambda headers: (200, "<html>Welcome</html>"), kind="text/html")
        )

        assert results(shown)[6:9] == ["wrong"] * 3
        assert (
            shown["jws-hs512"]["detail"]
            == "the host does not answer like the Card API (HTTP 200, an HTML page)"
        )
        assert shown["jws-hs512"]["advice"] == "check base_url and region"

    def test_a_page_that_is_not_found(self, shell, server):
        assert (
            doctor(shell, server(lambda headers: (404, "<html>"), kind="text/html"))["sign"][
                "verdict"
            ]
            == "wrong"
        )

    def test_json_of_another_api(self, shell, server):
        shown = doctor(shell, server(lambda headers: (200, '{"hello": "world"}')))

        assert shown["sign"]["detail"] == (
            "the host does not answer like the Card API (HTTP 200, JSON of another shape, or none)"
        )

    def test_a_plain_404_is_an_answer(self, shell, server):
        assert (
            "a wrong key gets the same answer as yours (HTTP 404"
            in doctor(shell, server(lambda headers: (404, "{}")))["sign"]["detail"]
        )

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_trouble(self, shell, server, status):
        shown = doctor(shell, server(lambda headers: (status, "{}")))

        assert results(shown)[6:] == ["unknown"] * 5
        assert shown["sign"]["detail"].startswith("no answer (")
        assert shown["sign"]["advice"] == "try again in a minute"

    def test_a_name_that_there_is_not(self, shell):
        shown = doctor(shell, "https://nowhere.invalid")

        assert results(shown) == ["ok", "ok", "ok", "wrong", *["unknown"] * 7]
        assert shown["name"]["detail"].startswith("the name nowhere.invalid was not resolved (")
        assert shown["answers"]["detail"] == "not tried: the name was not resolved"

    @pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.example"])
    def test_what_can_be_no_name(self, shell, host):
        assert doctor(shell, f"https://{host}")["name"]["verdict"] == "wrong"

    def test_nobody_there(self, shell, free_port):
        shown = doctor(shell, f"http://127.0.0.1:{free_port}")

        assert results(shown) == ["ok", "ok", "ok", "ok", "wrong", *["unknown"] * 6]
        assert shown["connection"]["detail"].startswith(
            f"no connection to 127.0.0.1:{free_port} (Connect"
        )

    def test_nobody_who_answers_in_time(self, shell, monkeypatch):
        monkeypatch.setattr("freedompay_async.cli.doctor.network._SECONDS", 0.1)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            shown = doctor(shell, f"https://127.0.0.1:{taken.getsockname()[1]}")

        assert shown["connection"]["detail"].endswith("(no answer in 0 s)")

    def test_no_tls_there(self, shell, issuer):
        shown = doctor(shell, issuer.base_url.replace("http:", "https:"))

        assert shown["connection"]["detail"].startswith("no TLS with 127.0.0.1:")
        assert shown["connection"]["advice"] == "check base_url: is there https on this port?"

    def test_a_certificate_that_nobody_trusts(self, shell, server):
        shown = doctor(shell, server(tls=True))

        assert shown["connection"]["verdict"] == "wrong"
        assert shown["connection"]["detail"].startswith(
            "the certificate of localhost is not trusted (self"
        )

    def test_tls(self, shell, server):
        command = shell.run(
            "doctor", "--base-url", server(tls=True), "--json", SSL_CERT_FILE=str(PEM)
        )
        shown = {each["name"]: each for each in json.loads(command.stdout)["checks"]}

        assert (shown["connection"]["verdict"], shown["clock"]["verdict"]) == ("ok", "ok")
        assert shown["connection"]["detail"].startswith("TLSv1.3 in ")
        assert ", the certificate ends on 21" in shown["connection"]["detail"]


class TestClock:
    @pytest.mark.parametrize(
        ("skew", "result", "detail"),
        [
            (0, "ok", "as the host's"),
            (30, "ok", "s behind the host's"),
            (-300, "wrong", "s ahead of the host's"),
            (300, "wrong", "s behind the host's"),
        ],
    )
    def test_against_the_host_s(self, shell, server, skew, result, detail):
        shown = doctor(shell, server(skew=skew))["clock"]

        assert shown["verdict"] == result
        assert shown["detail"].endswith(detail)
        assert shown["advice"] == (
            "set the clock of this machine (NTP)" if result == "wrong" else ""
        )

    def test_without_a_date(self, shell, server):
        shown = doctor(shell, server(date=False))["clock"]

        assert (shown["verdict"], shown["detail"]) == ("unknown", "the host's answer has no Date")

    def test_without_an_answer(self, shell, server):
        shown = doctor(shell, server(head=False))["clock"]

        assert (shown["verdict"], shown["detail"]) == (
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
            shown = doctor(shell, f"http://127.0.0.1:{taken.getsockname()[1]}")
            taken.shutdown(socket.SHUT_RDWR)
        thread.join()

        assert results(shown)[5:] == ["unknown"] * 6

    def test_connections_that_are_not_kept(self, shell, server):
        accepted = []

        def answer(headers):
            accepted.append(1)
            return (200, UNKNOWN) if len(accepted) % 2 or len(accepted) > 6 else (401, "{}")

        shown = doctor(shell, server(answer, close=True), code=0)

        assert "the host closes connections after an answer" in shown["latency"]["detail"]
        assert "keep-alive" in shown["latency"]["advice"]


def test_an_answer_that_is_not_the_contract_s(shell, server):
    asked = []

    def answer(headers):
        asked.append(1)
        fine = (
            '{"status": "ok", "request_status": "process", "dt": "2026-01-01T00:00:00+05:00", '
            '"colour": "blue"}'
        )
        return (401, "{}") if len(asked) in (2, 4, 6) else (200, fine)

    shown = doctor(shell, server(answer))

    assert results(shown) == ["ok"] * 10 + ["unknown"]
    assert shown["answers"]["detail"] == "not as in the contract: unknown field colour (6)"


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

    shown = doctor(shell, server(answer))

    assert (shown["latency"]["verdict"], shown["latency"]["advice"]) == ("unknown", "try again")
