"""What people do to a shop between two releases, a module a language.

Each has `MOVED`, the old path of a file that is renamed, by framework, `work_on`, and `made`, what
must stand in which files for ever after.
"""
