#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::postgres {

struct StoredObject {
  std::string id;
  int64_t revision = 0;  // another one after every change: an etag
  std::string bytes;
  absl::Time create_time, update_time;
};

struct StoredObjects {
  int64_t version = 0;                // of the shop's objects together; 0 before the first
  std::vector<StoredObject> objects;  // by id
};

// Small objects of shops, kept as bytes under an id: what operators write and every process serves from memory. Over
// two tables of the service's schema:
//   objects  (shop text, <id> text, revision bigint, <body> bytea, create_time, update_time timestamptz; key shop,
//   <id>) versions (shop text, version bigint; key shop)
// Errors are the pool's (pool.h). Thread-safe.
class ObjectStore {
 public:
  struct Options {
    std::string objects, id_column, body_column, versions;  // names of tables with their schema, and of columns
    std::string what;                                       // "rules"
    int64_t max_objects = 1'000;                            // of a shop
    std::string too_many_reason;                            // of RESOURCE_EXHAUSTED beyond them
  };
  ObjectStore(Pool& pool, Options options) : pool_(pool), options_(std::move(options)) {}

  // By shop, of those that ever had an object.
  absl::StatusOr<std::map<std::string, int64_t>> Versions();
  absl::StatusOr<StoredObjects> Load(const std::string& shop);

  // What a change makes of an object (null: it does not exist): its bytes, or nothing to delete it. An error changes
  // nothing.
  using ChangeFunction = absl::FunctionRef<absl::StatusOr<std::optional<std::string>>(const StoredObject* stored)>;
  // Changes one object; changes of one shop happen one after another. Answers the object as it stands then, or as it
  // stood when it was deleted.
  absl::StatusOr<StoredObject> Change(const std::string& shop, const std::string& id, absl::Time now,
                                      ChangeFunction change);

  int64_t max_objects() const { return options_.max_objects; }

 private:
  absl::Status Lock(Transaction& transaction, const std::string& shop) const;
  absl::Status CheckRoom(Transaction& transaction, const std::string& shop) const;
  absl::StatusOr<std::optional<StoredObject>> ReadOne(Transaction& transaction, const std::string& shop,
                                                      const std::string& id) const;
  absl::Status Write(Transaction& transaction, const std::string& shop, const std::string& id, const std::string& bytes,
                     absl::Time now) const;
  absl::Status Delete(Transaction& transaction, const std::string& shop, const std::string& id) const;

  Pool& pool_;
  const Options options_;
};

}  // namespace kontor::postgres
