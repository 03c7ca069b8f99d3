"""Takes tasks from the broker and runs them, each in a child process.

A worker knows neither database nor users: what it needs comes with the task, and what it has made
goes into the store of files. In the parent: `worker` (all of it), `slot` (a place for one job),
`children` (its warm process), `reports` (what the dispatcher is told), `presence` (that the worker
is there). In the child: `child`, `files`, `telling`.
"""
