"""What the `tenure` command can do, in the order that `tenure --help` shows.

Command modules import heavy parts where they use them: `tenure check` should not wait for Temporal.
"""

from __future__ import annotations

import typer

from runtime import (
    approving_commands,
    authoring_commands,
    erasing_commands,
    holding_commands,
    operating_commands,
    publishing_commands,
    running_commands,
    sending_commands,
    shadow_commands,
    word_commands,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Durable customer journeys: check, simulate, publish and run them.")
# Without a name, what is added joins the commands of `tenure` itself.
app.add_typer(running_commands.app)
app.add_typer(authoring_commands.check_app)
app.add_typer(publishing_commands.app)
app.add_typer(holding_commands.app)
app.add_typer(authoring_commands.foresee_app)
app.add_typer(operating_commands.app)
app.add_typer(erasing_commands.app)
app.add_typer(authoring_commands.schema_app)
app.add_typer(sending_commands.app)
app.add_typer(word_commands.app)
app.add_typer(running_commands.db_app, name="db")
app.add_typer(running_commands.keys_app, name="key")
app.add_typer(approving_commands.app, name="approvals")
app.add_typer(shadow_commands.app, name="shadow")
app.add_typer(sending_commands.messages_app, name="messages")
