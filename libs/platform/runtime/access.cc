#include "libs/platform/runtime/access.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/hash.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/key_list.pb.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/read_file.h"
#include "openssl/crypto.h"

namespace kontor::runtime {
namespace {

constexpr size_t kMaxKeyBytes = 512;
constexpr size_t kPrefixBytes = 8;

absl::StatusOr<std::string> Digest(absl::string_view hex) {
  const bool digits = std::all_of(hex.begin(), hex.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
  if (hex.size() != 64 || !digits) return absl::InvalidArgumentError("must be 64 hex digits");
  return absl::HexStringToBytes(hex);
}

void CheckKey(const KeyList::Key& key, const std::string& path, std::set<std::string>& labels,
              base::Violations& violations) {
  if (!Digest(key.sha256()).ok()) violations.Add(path + ".sha256", "BAD_DIGEST", "must be 64 hex digits");
  if (key.shop() != "*" && !base::IsShopId(key.shop())) {
    violations.Add(path + ".shop", "BAD_SHOP", "must be a shop's id, or * for all shops");
  }
  if (key.roles().empty()) violations.Add(path + ".roles", "NO_ROLE", "must name at least one role");
  if (key.label().empty() || !labels.insert(key.label()).second) {
    violations.Add(path + ".label", "BAD_LABEL", "must be present and unique");
  }
}

// Empty when there is no such file.
std::string Stamp(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return "";
  return absl::StrCat(info.st_size, ":", info.st_ino, ":", info.st_mtim.tv_sec, ".", info.st_mtim.tv_nsec);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const KeyRing>> KeyRing::Parse(absl::string_view json) {
  KeyList list;
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(json), &list);
  if (!parsed.ok()) return absl::InvalidArgumentError(std::string(parsed.message()));
  auto ring = std::make_shared<KeyRing>();
  base::Violations violations;
  std::set<std::string> labels;
  for (int i = 0; i < list.keys_size(); ++i) {
    const KeyList::Key& key = list.keys(i);
    CheckKey(key, absl::StrCat("keys[", i, "]"), labels, violations);
    const absl::StatusOr<std::string> digest = Digest(key.sha256());
    if (!digest.ok()) continue;
    Caller caller{key.label(), key.shop(), {}};
    for (const int role : key.roles()) caller.roles.push_back(static_cast<type::v1::Role>(role));
    ring->callers_[digest->substr(0, kPrefixBytes)].emplace_back(*digest, std::move(caller));
  }
  RETURN_IF_ERROR(violations.ToStatus());
  return std::shared_ptr<const KeyRing>(std::move(ring));
}

const Caller* KeyRing::Find(absl::string_view key) const {
  if (key.empty() || key.size() > kMaxKeyBytes) return nullptr;
  const std::string digest = base::Sha256(key);
  const auto found = callers_.find(digest.substr(0, kPrefixBytes));
  if (found == callers_.end()) return nullptr;
  for (const auto& [known, caller] : found->second) {
    if (CRYPTO_memcmp(known.data(), digest.data(), digest.size()) == 0) return &caller;
  }
  return nullptr;
}

absl::Status KeysFile::Load() {
  stamp_ = Stamp(path_);
  absl::StatusOr<std::string> json = ReadFile(path_);
  absl::StatusOr<std::shared_ptr<const KeyRing>> ring =
      json.ok() ? KeyRing::Parse(*json) : absl::StatusOr<std::shared_ptr<const KeyRing>>(json.status());
  if (!ring.ok()) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "KEYS_FILE_UNUSABLE",
                       absl::StrCat("keys file ", path_, ": ", ring.status().message()));
  }
  ring_.Publish(*std::move(ring));
  return absl::OkStatus();
}

void KeysFile::Poll() {
  if (Stamp(path_) == stamp_) return;
  const absl::Status loaded = Load();
  if (loaded.ok()) {
    LogInfo("keys file loaded again", {{"path", path_}});
  } else {
    LogError("keys file changed but is unusable; the keys in use stay", {{"error", std::string(loaded.message())}});
  }
}

absl::Status CheckRoles(const Caller& caller, const std::vector<type::v1::Role>& allowed) {
  for (const type::v1::Role role : allowed) {
    if (std::find(caller.roles.begin(), caller.roles.end(), role) != caller.roles.end()) return absl::OkStatus();
  }
  const std::string names = absl::StrJoin(
      allowed, " or ", [](std::string* out, type::v1::Role role) { absl::StrAppend(out, type::v1::Role_Name(role)); });
  return base::Error(absl::StatusCode::kPermissionDenied, "ROLE_MISSING",
                     absl::StrCat("This method needs a key with ", names, "."));
}

}  // namespace kontor::runtime
