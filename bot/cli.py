import typer


def main() -> None:
    typer.echo("x")
