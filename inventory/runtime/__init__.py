"""Tasks at work: PostgreSQL remembers every run and decides, Redis rings, taskiq carries.

Guarantees, each with tests that injure what could break it (`docs/guarantees.md`):

* An accepted run is on disk before the caller hears of it; Redis may lose, repeat or invent doorbells.
* Every change of a run is one statement that says in which state, whose and which attempt it must be:
  so a run has one owner, ends once, and what comes late changes nothing.
* Whoever cannot renew its lease does nothing more at its next look-up until the ledger has spoken,
  and `Context.fence` lets a transaction commit only for the attempt that counts.
* A stopping worker leaves nothing active, and what it hands back does not count as an attempt.
* A tick has one run, a child of a fan-out has one id, a unique key has one live run.

A body may run twice, if its worker dies between its last line and its result.
"""
