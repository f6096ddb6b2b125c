GIVEN_URL = os.environ.get("DATABASE_URL") or DEFAULT_URL


def database_url() -> URL:
    """DATABASE_URL with the asynchronous driver. Raises ArgumentError where it is not usable."""
    with suppress(ArgumentError, ValueError):
        url = make_url(GIVEN_URL)
        if "+" in url.drivername:
            url.get_dialect()  # a driver that is not known is an ArgumentError
        if url.drivername.startswith(SCHEMES):
            url = url.set(drivername=DRIVER)
            url.get_dialect()().create_connect_args(url)
            return url
    raise ArgumentError(
        f"DATABASE_URL is no {{ database.title }} URL, or its driver is not known."
        f" Set it to one like {DEFAULT_URL}"
    )


def engine_url() -> URL:
    """The same; but a wrong one is no error of the import, see `refuse_wrong_url`."""
    try:
        return database_url()
    except ArgumentError:
        return make_url(DEFAULT_URL)
