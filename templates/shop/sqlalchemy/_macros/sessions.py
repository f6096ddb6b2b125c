@event.listens_for(engine.sync_engine, "do_connect")
def refuse_wrong_url(*_: object) -> None:
    """No connection where DATABASE_URL is wrong: the start says so, together with other faults."""
    database_url()


sessions = async_sessionmaker(engine, expire_on_commit=False)
