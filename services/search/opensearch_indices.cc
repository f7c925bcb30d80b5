#include "services/search/opensearch_indices.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "services/search/opensearch_document.h"
#include "services/search/settings.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;

constexpr absl::Duration kPatience = absl::Seconds(10);
constexpr char kLockName[] = "kontor search: indices of OpenSearch";

absl::Time Deadline() { return absl::Now() + kPatience; }

absl::Status UnlessMissing(const absl::Status& status) { return absl::IsNotFound(status) ? absl::OkStatus() : status; }

}  // namespace

OpenSearchIndices::OpenSearchIndices(const opensearch::Client& client, const fleet::Fleet& fleet, size_t dimensions,
                                     std::function<absl::Status()> forget)
    : client_(client), fleet_(fleet), wanted_dimensions_(dimensions), forget_(std::move(forget)) {}

// "opensearch-knn" of an installed node, the class's name of one that is started by its classes.
absl::StatusOr<size_t> OpenSearchIndices::UsableDimensions() const {
  if (wanted_dimensions_ == 0) return 0;
  ASSIGN_OR_RETURN(const std::string plugins, client_.Send("GET", "/_cat/plugins?h=component", "", Deadline()));
  return absl::StrContains(absl::AsciiStrToLower(plugins), "knn") ? wanted_dimensions_ : 0;
}

// By what documents are made of and how; how many shards there are is nobody's concern.
std::string OpenSearchIndices::NameOf(const fleet::Shop& shop) const {
  const std::string layout =
      absl::StrCat(IndexDefinition(ServingSettings(), {shop.language, dimensions_}), FoldScriptId());
  return absl::StrCat(OpenSearchAlias(shop.id), "-", absl::Hex(base::StableHash(layout), absl::kZeroPad16));
}

absl::StatusOr<std::string> OpenSearchIndices::MakingOf(const fleet::Shop& shop) const {
  return client_.Send("GET", absl::StrCat("/", NameOf(shop), "/_settings?filter_path=*.settings.index.uuid"), "",
                      Deadline());
}

absl::StatusOr<OpenSearchIndices::Found> OpenSearchIndices::Look() const {
  Found found;
  const absl::Status script = client_.Send("GET", absl::StrCat("/_scripts/", FoldScriptId()), "", Deadline()).status();
  RETURN_IF_ERROR(UnlessMissing(script));
  found.script = script.ok();
  for (const fleet::Shop& shop : fleet_.shops) {
    const auto answer = client_.Send("GET", absl::StrCat("/_alias/", OpenSearchAlias(shop.id)), "", Deadline());
    RETURN_IF_ERROR(UnlessMissing(answer.status()));
    const Json indices = answer.ok() ? Json::parse(*answer, nullptr, /*allow_exceptions=*/false) : Json::object();
    if (!indices.is_object()) return absl::InternalError("OpenSearch: the answer about an alias is none");
    if (settled_ ? !indices.empty() : indices.size() == 1 && indices.contains(NameOf(shop))) continue;
    found.missing.push_back(shop.id);
    for (const auto& [name, alias] : indices.items()) found.outdated[shop.id].push_back(name);
  }
  return found;
}

absl::Status OpenSearchIndices::MakeIndex(const fleet::Shop& shop, const std::vector<std::string>& outdated) const {
  const fleet::OpenSearchConfig& config = *fleet_.opensearch;
  const std::string name = NameOf(shop);
  Json definition =
      Json::parse(IndexDefinition(ServingSettings(), {shop.language, dimensions_, config.shards, config.replicas}));
  definition["aliases"] = {{OpenSearchAlias(shop.id), Json::object()}, {WriteAliasOf(shop), Json::object()}};
  std::vector<std::string> old = outdated;
  old.push_back(name);  // without its alias
  for (const std::string& index : old) {
    RETURN_IF_ERROR(UnlessMissing(client_.Send("DELETE", "/" + index, "", Deadline()).status()));
  }
  runtime::LogInfo("an index is made, and filled from the log", {{"index", name}});
  return client_.Send("PUT", "/" + name, definition.dump(), Deadline()).status();
}

absl::Status OpenSearchIndices::Make() {
  ASSIGN_OR_RETURN(const Found found, Look());
  if (!found.script) {
    RETURN_IF_ERROR(
        client_.Send("PUT", absl::StrCat("/_scripts/", FoldScriptId()), FoldScriptBody(), Deadline()).status());
  }
  if (found.missing.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(forget_());
  for (const fleet::Shop& shop : fleet_.shops) {
    if (std::find(found.missing.begin(), found.missing.end(), shop.id) == found.missing.end()) continue;
    const auto outdated = found.outdated.find(shop.id);
    RETURN_IF_ERROR(MakeIndex(shop, outdated == found.outdated.end() ? std::vector<std::string>() : outdated->second));
  }
  return absl::OkStatus();
}

absl::Status OpenSearchIndices::Ensure() {
  if (!settled_) {
    ASSIGN_OR_RETURN(dimensions_, UsableDimensions());
  }
  ASSIGN_OR_RETURN(const Found found, Look());
  if (found.complete()) {
    settled_ = true;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(postgres::Lease session, fleet_.postgres.Acquire());
  const std::string key = absl::StrCat("hashtextextended('", kLockName, "', 0)");
  ASSIGN_OR_RETURN(const postgres::Result locked, session.Exec(absl::StrCat("SELECT pg_try_advisory_lock(", key, ")")));
  if (!locked.Bool(0, 0)) return absl::UnavailableError("another process is making the indices");
  const absl::Status made = Make();
  const absl::Status unlocked = session.Exec(absl::StrCat("SELECT pg_advisory_unlock(", key, ")")).status();
  RETURN_IF_ERROR(made);
  settled_ = true;
  return unlocked;
}

}  // namespace kontor::search
