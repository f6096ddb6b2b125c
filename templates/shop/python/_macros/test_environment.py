os.environ.update(
    DATABASE_URL=DATABASE_URL,
    KRYPTOGO_ENVIRONMENT="test",
    KRYPTOGO_API_BASE_URL="http://kryptogo.test",
    KRYPTOGO_CLIENT_ID="sim_client",
    KRYPTOGO_STUDIO_API_KEY="sim_key",
    KRYPTOGO_ORIGIN="http://shop.test",
    KRYPTOGO_CALLBACK_URL="http://shop.test{{ route }}",
    KRYPTOGO_CALLBACK_TOKEN="secret",
)
os.environ.pop("KRYPTOGO_CALLBACK_SECRET", None)
