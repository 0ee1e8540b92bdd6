"""Retrieval, and more: what sounds like what."""

import json

import click


@click.command()
@click.option("--store", is_flag=True, help="Compute the shipped embeddings anew (needs GTZAN).")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def retrieval(store: bool, as_json: bool) -> None:
    """Recount how good the networks' neighbours are, on GTZAN, same artists removed.

    Run it with --store after the shipped networks have changed.
    """
    from deepmusic import models, retrieval
    from deepmusic.datasets import open_dataset
    from deepmusic.runs import HOME_PROTOCOL, shipped_protocols

    if store:
        retrieval.store(open_dataset("gtzan"))
    found = [
        {"protocol": protocol, "asks": part, "pool": pool}
        | {"systems": retrieval.measure(protocol, pool, part)}
        for protocol in shipped_protocols(list(models.MODELS))
        for part, pool in (
            (retrieval.TEST, retrieval.TEST),
            *([(retrieval.TEST, retrieval.ALL), ("valid", "valid")] * (protocol == HOME_PROTOCOL)),
        )
    ]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for one in found:
        click.echo(retrieval.heading(one))
        click.echo(retrieval.table(one["systems"], by_genre=one["pool"] == retrieval.TEST) + "\n")
