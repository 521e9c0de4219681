"""
The control plane of control-plane.ts in Python: Temporal's client and JSON, nothing of Sterna. Needs a worker, the
tables of examples/schema, and `pip install temporalio`.

    python examples/control_plane.py local-a 'ALTER TABLE orders MODIFY note MEDIUMTEXT NOT NULL'
"""

import asyncio, base64, dataclasses, gzip, json, os, sys, uuid

from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.converter import DataConverter, PayloadCodec

CALLER = {"caller": "control-plane-example"}


class Gzip(PayloadCodec):
    """Payloads over 16 KiB come compressed, so a client that reads plans needs this; what it sends may be plain."""

    async def encode(self, payloads):
        return list(payloads)

    async def decode(self, payloads):
        return [self.plain(payload) for payload in payloads]

    def plain(self, payload):
        if payload.metadata.get("encoding") != b"binary/gzip":
            return payload
        inner = json.loads(gzip.decompress(payload.data))
        metadata = {name: base64.b64decode(value) for name, value in inner["metadata"].items()}
        return Payload(metadata=metadata, data=base64.b64decode(inner["data"]))


async def main(target="local-a", statement="ALTER TABLE orders MODIFY note MEDIUMTEXT NOT NULL"):
    client = await Client.connect(
        os.environ.get("TEMPORAL_ADDRESS", "localhost:7233"),
        data_converter=dataclasses.replace(DataConverter.default, payload_codec=Gzip()),
    )
    change = await client.start_workflow(
        "schemaChange",
        {
            "target": target,
            "environment": "development",
            "statements": {"bookshop": [statement]},
            "options": {"deferCutover": True},
            **CALLER,
        },
        id=f"{target}.development.{uuid.uuid4().hex}",  # the idempotency key: the same id is the same change
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        task_queue=os.environ.get("STERNA_DATA_PLANE", "sterna"),
    )
    print("started", change.id)

    async def until(wanted):
        while (status := await change.query("status"))["state"] != wanted:
            if status["state"] in ("completed", "failed", "cancelled", "reverted", "expired"):
                raise SystemExit(f"Expected {change.id} to become {wanted}, found {status['state']}.")
            await asyncio.sleep(0.2)
        print(" ", wanted)

    async def send(name, message):
        while True:
            try:
                return await change.execute_update(name, message)
            except WorkflowUpdateFailedError as error:
                if getattr(error.cause, "type", None) != "UnprocessedUpdate":
                    raise  # refused: error.cause says why; an unprocessed one reached nobody, and is sent again

    await until("planned")
    plan = await change.query("plan")
    print(*(f"{task['execution']}: {sql}" for task in plan["tasks"] for sql in task["statements"]), sep="\n")
    if input("Apply it? [y/N] ") != "y":
        return await send("cancel", CALLER)
    await send("apply", {**CALLER, "planHash": plan["planHash"]})
    await until("waiting_for_cutover")
    await send("stop", {**CALLER, "reason": "peak hours"})
    await until("stopped")
    await send("resume", CALLER)
    await until("waiting_for_cutover")
    await send("cutover", CALLER)
    result = await change.result()
    print(result["state"], *(f"{task['id']}: {task.get('report', {}).get('rowsCopied', 0)} rows" for task in result["tasks"]))


asyncio.run(main(*sys.argv[1:]))
