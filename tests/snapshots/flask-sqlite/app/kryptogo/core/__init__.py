# kgscaffold:id=core/init
"""The machinery behind the payment callback. Your code is beside it, in handlers/."""
