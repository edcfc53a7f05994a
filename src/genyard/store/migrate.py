"""Bringing a catalog to the newest form of its tables."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from genyard.core.errors import HomeTooNew
from genyard.store.dialects import lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrations:
    """The steps a catalog has gone through, oldest first, and the folder that holds them."""

    folder: Path
    revisions: tuple[str, ...]
    """Their order decides what is newer: a revision that is not among them was written by a newer Genyard."""

    @property
    def newest(self) -> str:
        return self.revisions[-1]

    def check(self, revision: str | None) -> None:
        """Raise HomeTooNew when ``revision`` is not one of these."""
        if revision is not None and revision not in self.revisions:
            raise HomeTooNew(
                f"the catalog is at revision {revision}, this Genyard knows up to {self.newest}; nothing was touched",
                hint="upgrade Genyard, or open another home",
            )


CATALOG = Migrations(folder=Path(__file__).parent / "migrations", revisions=("0001", "0002", "0003", "0004", "0005"))


def migrate(engine: Engine, migrations: Migrations) -> None:
    """Run the missing migrations in one transaction, one process at a time. Raises HomeTooNew."""
    with engine.begin() as tx:
        lock(tx, "migration")
        revision = revision_in(tx)
        migrations.check(revision)
        if revision != migrations.newest:
            _upgrade(tx, migrations)


def revision_in(tx: Connection) -> str | None:
    """Return the revision that the database is at, None when it has none."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(tx: Connection, migrations: Migrations) -> None:
    # Alembic takes a third of a second to import, and most starts have nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": tx})
    # A main option is interpolated, so a percent sign in the folder's name must be doubled.
    config.set_main_option("script_location", str(migrations.folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, migrations.newest)
