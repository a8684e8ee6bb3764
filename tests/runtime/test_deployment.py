"""The files that deploy Tenure say what the code says. There is no Docker here, so nothing is built: the rest is tried."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from temporalio.envconfig import ClientConfig
from temporalio.service import TLSConfig
from typer.testing import CliRunner

from api.keys import SCOPES
from domain.protocol import SEARCH_ATTRIBUTES
from runtime.commands import app
from runtime.settings import Settings
from runtime.worker import GRACE
from tests.postgres import PostgresServer
from tests.runtime.kit import own_folder

ROOT = Path(__file__).parents[2]
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
GUIDE = (ROOT / "docs" / "production.md").read_text()
# Every variable that .env.example names, with what stands behind it, commented out or not.
EXAMPLE = {
    name: value.strip('"')
    for name, value in re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE)
}
SETTINGS = {f"TENURE_{name.upper()}": field for name, field in Settings.model_fields.items()}


def named(prefix: str) -> set[str]:
    return {name for name in EXAMPLE if name.startswith(prefix)}


def is_command(*words: str) -> bool:
    """Whether `tenure` has this command with these options; nothing is run."""
    return CliRunner().invoke(app, [*words, "--help"]).exit_code == 0


def waits_for(service: str) -> dict[str, str]:
    return {name: how["condition"].removeprefix("service_") for name, how in SERVICES[service].get("depends_on", {}).items()}


# docker-compose.yml


def test_the_compose_file_is_valid() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    assert is_command(*OURS[name]["command"])


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_can_do_little(name: str) -> None:
    service = OURS[name]
    assert service["read_only"]
    assert service["tmpfs"] == ["/tmp"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_what_is_published_is_published_on_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 3
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_images_are_pinned_to_a_version() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    images += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert [image for image in images if not re.fullmatch(r"[\w/-]+:v?\d[\w.-]*", image)] == []


def test_every_setting_reaches_the_containers() -> None:
    passed = set(OURS["api"]["environment"])
    fixed_in_the_image = {"TENURE_HOME", "TENURE_DEFINITIONS", "TENURE_API_HOST", "TENURE_API_PORT"}
    assert passed == (set(SETTINGS) - fixed_in_the_image) | named("TEMPORAL_")


def test_secrets_are_in_no_file_but_env() -> None:
    values = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|PWD|KEY$", name)
    ]
    assert [value for value in values if value and not re.fullmatch(r"\$\{\w+:\?see \.env\.example\}", value)] == []


def test_compose_uses_the_variables_of_the_example_and_no_others() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE_TEXT))
    assert used - set(EXAMPLE) == set()
    assert named("POSTGRES_") == {name for name in used if name.startswith("POSTGRES_")}


def test_nothing_starts_before_what_it_needs() -> None:
    assert waits_for("temporal-setup") == {"postgres": "healthy"}
    assert waits_for("temporal") == {"temporal-setup": "completed_successfully"}
    assert waits_for("migrate") == {"postgres": "healthy"}
    assert waits_for("publish") == {"migrate": "completed_successfully"}
    prepared = dict.fromkeys(("migrate", "publish", "temporal-namespace"), "completed_successfully")
    assert waits_for("api") == waits_for("worker") == prepared


def test_a_worker_has_the_time_it_takes_to_stop() -> None:
    grace = timedelta(seconds=int(SERVICES["worker"]["stop_grace_period"].removesuffix("s")))
    assert grace >= max(timedelta(seconds=30), 2 * GRACE)


def test_there_are_connections_enough_for_everybody() -> None:
    most = int(SERVICES["postgres"]["command"][-1].removeprefix("max_connections="))
    each = Settings.model_fields["worker_threads"].default + 5
    temporal = 100
    assert (SERVICES["worker"]["deploy"]["replicas"] + 1) * each + temporal < most


@pytest.mark.parametrize("text", [SERVICES["temporal-namespace"]["command"][0], GUIDE], ids=["compose", "guide"])
def test_the_search_attributes_are_ours(text: str) -> None:
    assert dict(re.findall(r"--name (\w+) --type (\w+)", text)) == SEARCH_ATTRIBUTES
    assert re.findall(r"--name (\w+)", text) == list(SEARCH_ATTRIBUTES)  # each with a type of its own


# .env.example


def test_the_example_names_every_setting_and_no_other() -> None:
    assert named("TENURE_") == set(SETTINGS)


def test_the_example_shows_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("".join(f'{name}="{EXAMPLE[name]}"\n' for name in SETTINGS))
    assert Settings() == Settings(_env_file=None)


def test_the_example_names_what_temporal_s_client_reads(tmp_path: Path) -> None:
    shown = {name: EXAMPLE[name] for name in named("TEMPORAL_")}
    for name in shown:
        if name.endswith("_PATH"):
            (tmp_path / name).write_text(name)
            shown[name] = str(tmp_path / name)
    shown["TEMPORAL_API_KEY"] = "key"
    assert ClientConfig.load_client_connect_config(disable_file=True, override_env_vars=shown) == {
        "target_host": shown.pop("TEMPORAL_ADDRESS"),
        "namespace": shown.pop("TEMPORAL_NAMESPACE"),
        "api_key": shown.pop("TEMPORAL_API_KEY"),
        "tls": TLSConfig(
            server_root_ca_cert=Path(shown.pop("TEMPORAL_TLS_SERVER_CA_CERT_PATH")).read_bytes(),
            domain=shown.pop("TEMPORAL_TLS_SERVER_NAME"),
            client_cert=Path(shown.pop("TEMPORAL_TLS_CLIENT_CERT_PATH")).read_bytes(),
            client_private_key=Path(shown.pop("TEMPORAL_TLS_CLIENT_KEY_PATH")).read_bytes(),
        ),
    }
    assert shown == {"TEMPORAL_TLS": "true"}


# Dockerfile


def test_the_image_holds_every_package_and_no_secret() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["only-include"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert let_in == {*packages, "pyproject.toml", "README.md", "requirements.lock", "requirements-server.lock"}


def test_the_image_runs_as_nobody_in_particular() -> None:
    last_stage = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last_stage, re.MULTILINE)
    assert 'ENTRYPOINT ["tenure"]' in last_stage


# docs/production.md


def commands_of_the_guide() -> list[str]:
    """What stands behind `tenure`, in blocks and in sentences, and what compose is asked to run with our image."""
    code = re.findall(r"`(tenure [^`]+)`", GUIDE) + [
        line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()
    ]
    found = [
        match[1]
        for line in code
        if (match := re.match(r"(?:docker compose run --rm api |docker compose exec api tenure |tenure )([^#]+)", line))
    ]
    return sorted({command.strip() for command in found})


def test_the_guide_shows_the_commands_that_matter() -> None:
    assert {"db upgrade", "publish", "worker", "api", "key make first", "doctor", "doctor --rebuild"} <= set(commands_of_the_guide())


@pytest.mark.parametrize("command", commands_of_the_guide())
def test_a_command_of_the_guide_exists(command: str) -> None:
    assert is_command(*shlex.split(command))


def test_the_guide_names_variables_services_and_scopes_that_exist() -> None:
    assert set(re.findall(r"\bTENURE_\w+", GUIDE)) <= set(SETTINGS)
    assert set(re.findall(r"\bTEMPORAL_\w+", GUIDE)) <= named("TEMPORAL_") | {"TEMPORAL_CONFIG_FILE", "TEMPORAL_PROFILE"}
    listed = re.search(r"^Scopes: (.*?)\. ", GUIDE, re.MULTILINE | re.DOTALL)
    assert listed
    assert set(re.findall(r"`([\w:]+)`", listed[1])) == set(SCOPES)
    assert set(re.findall(r"--scope (\S+)", GUIDE)) <= set(SCOPES)
    started = re.search(r"--no-deps (.*)", GUIDE)
    assert started
    assert set(started[1].split()) == set(OURS)


# The commands themselves, on a PostgreSQL as the compose file makes it


def tenure(folder: Path, database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As in a container: a working directory with journeys/ and templates/, and settings alone."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TENURE_", "TEMPORAL_"))}
    env |= {"TENURE_DATABASE_URL": database, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "runtime.cli", *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own_folder(tmp_path)


def test_settings_alone_move_everything_to_postgresql(postgres: PostgresServer, folder: Path) -> None:
    for statement in filter(None, map(str.strip, COMPOSE["configs"]["databases"]["content"].split(";"))):
        postgres.execute(re.sub(r"\$\{(\w+):\?[^}]*\}", "secret", statement))
    database = postgres.url("tenure").replace("postgresql+psycopg://postgres@", "postgresql://tenure:secret@")
    for command in (OURS["migrate"]["command"], OURS["publish"]["command"], ["key", "make", "first"]):
        done = tenure(folder, database, *command)
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
    assert re.fullmatch(r"tn_live_\S{40,}\n", done.stdout)
    assert tenure(folder, database, *OURS["publish"]["command"]).stdout == "nothing changed\n"
    assert [path.name for path in sorted(folder.iterdir())] == ["journeys", "templates"]


def test_a_migration_that_fails_holds_up_what_waits_for_it(folder: Path) -> None:
    failed = tenure(folder, f"postgresql://tenure@/tenure?host={folder}", "db", "upgrade")
    assert "the database does not answer" in failed.stderr
    assert failed.returncode == 3
