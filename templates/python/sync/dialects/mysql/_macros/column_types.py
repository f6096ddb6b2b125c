FIAT, CRYPTO = sa.Numeric(20, 4), sa.Numeric(38, 18)
HASH = sa.String(128)
{% include "_macros/time_type.py" %}
