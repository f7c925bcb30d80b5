#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kontor/type/v1/access.pb.h"
#include "libs/base/snapshot.h"

namespace kontor::runtime {

// What a key may do.
struct Caller {
  std::string label;
  std::string shop;  // "*": every shop
  std::vector<type::v1::Role> roles;

  bool may_use(absl::string_view other_shop) const { return shop == "*" || shop == other_shop; }
};

// An immutable set of keys, known by their SHA-256 only.
class KeyRing {
 public:
  // Parses the keys file (README.md shows one). INVALID_ARGUMENT with all violations.
  static absl::StatusOr<std::shared_ptr<const KeyRing>> Parse(absl::string_view json);

  // Null for a key that is unknown. The digest is compared in constant time.
  const Caller* Find(absl::string_view key) const;
  size_t size() const { return callers_.size(); }

 private:
  // By the first eight bytes of the digest, which tell nothing about the key.
  absl::flat_hash_map<std::string, std::vector<std::pair<std::string, Caller>>> callers_;
};

// The keys file, watched by its time of change. Thread-safe.
class KeysFile {
 public:
  explicit KeysFile(std::string path) : path_(std::move(path)) {}

  // FAILED_PRECONDITION when it cannot be read or parsed.
  absl::Status Load();
  // Loads again when the file changed. A bad file is logged once and the keys in use stay. One thread at a time.
  void Poll();
  std::shared_ptr<const KeyRing> ring() const { return ring_.Get(); }

 private:
  std::string path_;
  std::string stamp_;  // size and time of change of what was loaded or refused
  base::Snapshot<KeyRing> ring_;
};

// OK, or PERMISSION_DENIED (ROLE_MISSING) naming the roles of which one is needed.
absl::Status CheckRoles(const Caller& caller, const std::vector<type::v1::Role>& allowed);

}  // namespace kontor::runtime
