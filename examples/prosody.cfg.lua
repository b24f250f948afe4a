-- A Controller and its Broker in Prosody 0.12: copy to /etc/prosody/conf.d/grid.cfg.lua, and apt-get install lua-dbi-sqlite3.
-- What is not said here is as Debian's /etc/prosody/prosody.cfg.lua has it, its rate limits included.

VirtualHost "grid.example"
  -- names grid.example; readable by the user prosody
  ssl = {
    certificate = "/etc/prosody/certs/grid.example.crt";
    key = "/etc/prosody/certs/grid.example.key";
  }
  authentication = "internal_hashed"
  -- Debian's limits let 10 kB/s of a client in; reports would pile up
  unlimited_jids = { "gateway@grid.example" }

Component "pubsub.grid.example" "pubsub"
  -- who may make Topics and publish to them
  admins = { "gateway@grid.example" }
  -- 256 otherwise: whoever was away for longer would miss the rest
  pubsub_max_items = 10000
  -- Prosody's own storage writes a whole Topic anew with each item: 5 items a second instead of 200
  default_storage = "sql"
  sql = { driver = "SQLite3", database = "/var/lib/prosody/pubsub.sqlite" }

-- Reports that are too large for an item: large: upload of a Topic. Its HTTPS needs a certificate that names upload.grid.example.
-- Component "upload.grid.example" "http_file_share"
--   http_file_share_access = { "gateway@grid.example" }
--   http_file_share_size_limit = 2 * 1024 * 1024
--   -- at least as long as the Topic keeps items: a week otherwise
--   http_file_share_expires_after = 365 * 24 * 60 * 60
