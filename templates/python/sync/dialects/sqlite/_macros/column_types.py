FIAT = CRYPTO = sa.Text()
HASH = sa.String(128)
{% include "_macros/time_type.py" %}
