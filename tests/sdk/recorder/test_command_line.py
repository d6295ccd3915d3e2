"""The recorded command line says how the training was started, and holds no secret."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest

from arkor_dash.sdk.recorder.command_line import ARGUMENT_LIMIT, LIMIT, shown_command

HOME = Path("/home/ada")
ALPHABET = string.ascii_letters + string.digits


def shown(*arguments: str, home: Path = HOME, **environment: str) -> str:
    return shown_command(["python", *arguments], environment, home)


def random_text(rng: random.Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))


PLAIN = "Xw7pQ"
"""A password that looks like nothing in particular."""


@pytest.mark.parametrize(
    "arguments",
    [
        ("train.py", "--lr", "2e-6", "--model", "meta-llama/Llama-3.1-8B-Instruct"),
        (
            "-m",
            "torch.distributed.run",
            "--nproc_per_node=8",
            "train.py",
            "--max_new_tokens",
            "512",
            "data.json",
        ),
        ("train.py", "--max-tokens=512", "--pad_token", "<pad>", "--tokenizer", "gpt2", "--pin-memory"),
        ("train.py", "--num_key_value_heads", "8", "--author", "me", "--keyword", "x", "--seed", "42"),
        ("train.py", "--output_dir", "runs/qwen2-5-7b-grpo-lr1e-6-bs128-run17", "optimizer.lr=0.1"),
        (
            "train.py",
            "--run-name",
            "Qwen2-5-7B-Instruct-GRPO-lr1e-6-bs128-run17",
            "--start",
            "20261126T101112",
        ),
        ("train.py", "--data", "s3://bucket/part-0001.parquet", "--hub", "https://hub.example.org/models"),
        ("train.py", "-p", "8080", "-P", "0.9", "--user", "ada", "--login=ada", "--spin", "x", "p=x"),
        ("-u", "train.py", "models/Qwen2/GRPO/lr1e6/bs128/run17/step100", "http://localhost:8080"),
        ("-X", "dev", "train.py", "-c", "config.yaml", "--prompt", "{question}", "--betas", "(0.9, 0.95)"),
    ],
)
def test_a_command_line_without_secrets_stays_as_it_is(arguments: tuple[str, ...]) -> None:
    unquoted = shown(*arguments).replace("'", "")
    assert unquoted == " ".join(["python", *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ("--api-key", PLAIN),
        ("--apikey", PLAIN),
        ("--openai_api_key", PLAIN),
        ("-token", PLAIN),
        (f"--token={PLAIN}",),
        (f"--hub.token={PLAIN}",),
        ("--hf-token", PLAIN, "--lr", "1"),
        ("--passwords", "other", PLAIN),
        ("--password", f"-{PLAIN}"),
        ("--password", f"{PLAIN} and more"),
        ("--Password", PLAIN),
        ("--dbPassword", PLAIN),
        ("-p", PLAIN),
        ("-P", PLAIN),
        ("--pw", PLAIN),
        ("--passcode", PLAIN),
        ("--pin", PLAIN),
        ("-u", f"user:{PLAIN}"),
        ("--db-user", f"user:{PLAIN}"),
        (f"--user=user:{PLAIN}",),
        ("--secretAccessKey", PLAIN),
        ("--access_key_id", PLAIN),
        ("--auth", f"user:{PLAIN}"),
        (f"HF_TOKEN={PLAIN}",),
        (f"AWS_SECRET_ACCESS_KEY={PLAIN}",),
        (f"PGPASSWORD={PLAIN}",),
        (f"+wandb.api_key={PLAIN}",),
        (f"++trainer.secret='{PLAIN}'",),
        ("login", "--with", f"token={PLAIN}"),
        ("set", "api_key", PLAIN),
        ("-H", f"Authorization: Bearer {PLAIN}"),
        ("-H", f"X-Api-Key:{PLAIN}"),
        ("--header", f"Basic {PLAIN}"),
        ("--config", f'{{"lr": 1, "max_tokens": 512, "api_key": "{PLAIN}"}}'),
        ("--config", f'{{\\"token\\": \\"{PLAIN}\\"}}'),
        ("--config", f"lr: 1\npassword: {PLAIN}"),
        ("--command", f"HF_TOKEN={PLAIN} python x.py"),
        ("--command", f"x.py --hub-token {PLAIN}"),
        ("--dsn", f"host=db {PLAIN}"),
        ("--db", f"postgresql://user:{PLAIN}@host/db"),
        (f"--db=redis://:{PLAIN}@host",),
        (f"--db=postgresql://user:a/{PLAIN}?#@host/db",),
        (f'--db=postgresql://user:a"{PLAIN}@host/db',),
        (f"https://{PLAIN}@github.com/org/repo",),
        (f"--data=https://bucket.example.org/x?X-Amz-Signature={PLAIN}",),
        (f"--data=https://bucket.example.org/x#{PLAIN}",),
        ("--proxy", f"user:{PLAIN}@proxy:80"),
        (f"--proxy=user:{PLAIN}@proxy:80",),
        ("--key-data", f"-----BEGIN PRIVATE KEY-----\n{PLAIN}\n-----END PRIVATE KEY-----"),
        ("--text", PLAIN + "x" * ARGUMENT_LIMIT),
    ],
)
def test_a_value_that_is_named_like_a_secret_or_stands_in_an_address_is_hidden(
    arguments: tuple[str, ...],
) -> None:
    text = shown("train.py", *arguments)
    assert PLAIN not in text
    assert text.startswith("python train.py ")
    assert "…" in text


@pytest.mark.parametrize(
    "secret",
    [
        "hf_" + "aBcDeFgHiJkLmNoPqRsTuVwXyZaBcDeFgH",
        "sk-proj-abcdefghijklmnopqrst",
        "ghp_" + "abcdefghijklmnopqrstuvwxyzabcdefghij",
        "github_pat_abcdefghijklmnopqrst_abc",
        "glpat-abcdefghijklmnopqrst",
        "xoxb-abcdef-abcdef",
        "AKIAABCDEFGHIJKLMNOP",
        "AIzaabcdefghijklmnopqrstuvwxyzabcdefg",
        "eyJhbGciOiJIUzI.eyJzdWIiOiIx.SflKxwRJSMeKKF",
        "0123456789abcdef0123456789abcdef01234567",
    ],
)
@pytest.mark.parametrize("form", ["{}", "--x={}", "--x='{}'", "a/{}/b", "x:{},y"])
def test_what_looks_like_a_known_secret_is_hidden_whatever_its_name(secret: str, form: str) -> None:
    assert secret[-10:] not in shown("train.py", "--x", form.format(secret))


def test_random_keys_are_hidden_whatever_their_name() -> None:
    rng = random.Random(7)
    kinds = [
        (ALPHABET, 32),
        (ALPHABET + "-_", 43),
        (string.hexdigits[:16], 40),
        (string.ascii_lowercase + "234567", 32),
    ]
    for alphabet, length in kinds:
        secrets = [random_text(rng, alphabet, length) for _ in range(500)]
        assert sum(secret in shown("train.py", secret) for secret in secrets) <= 2


def test_random_keys_in_base64_are_nearly_always_hidden() -> None:
    rng = random.Random(7)
    secrets = [random_text(rng, ALPHABET + "+/", 40) for _ in range(500)]
    assert sum(secret in shown("train.py", f"--x={secret}") for secret in secrets) <= 25


def test_the_values_of_variables_that_are_named_like_a_secret_are_hidden_in_any_argument() -> None:
    text = shown(
        "train.py", "--x", "pre-swordfish-post", "--y", "visible", MY_TOKEN="swordfish", MY_NAME="visible"
    )
    assert text == "python train.py --x pre-…-post --y visible"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("-c", "import x; x.login('Xw7pQ')", "--lr", "1"), "python -c … --lr 1"),
        (("-Ic", "code"), "python -Ic …"),
        (("-cprint('Xw7pQ')",), "python -c…"),
        (("-W", "ignore", "-X", "dev", "-c", "code"), "python -W ignore -X dev -c …"),
        (("--check-hash-based-pycs", "always", "-c", "code"), "python --check-hash-based-pycs always -c …"),
        (("-m", "tool", "-c", "file"), "python -m tool -c file"),
    ],
)
def test_the_code_of_a_command_is_not_shown(arguments: tuple[str, ...], expected: str) -> None:
    assert shown(*arguments) == expected


def test_the_home_folder_is_a_tilde(tmp_path: Path) -> None:
    assert (
        shown("/home/ada/train.py", "--out=/home/ada", "/home/adam/x")
        == "python ~/train.py --out=~ /home/adam/x"
    )
    assert shown("--path=/home/ada:/home/ada/b,/home/ada") == "python --path=~:~/b,~"
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    assert shown(f"{tmp_path}/real/x.py", f"{link}/y", home=link) == "python ~/x.py ~/y"
    assert shown("/x.py", home=Path("/")) == "python /x.py"


def test_arguments_are_quoted_as_for_a_shell_and_any_text_can_be_sent() -> None:
    assert shown("a b", "", "é", "$(rm)", "\udcff") == "python 'a b' '' é '$(rm)' '?'"


def test_an_endless_command_line_is_cut() -> None:
    assert len(shown(*["--lr"] * 10**5)) == LIMIT + 1
