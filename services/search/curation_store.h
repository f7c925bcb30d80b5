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
#include "kontor/search/v1/curation_service.pb.h"
#include "kontor/search/v1/ranking_service.pb.h"
#include "libs/platform/postgres/object_store.h"

namespace kontor::search {

// The kinds of what operators decide.
struct RuleKind {
  using Message = v1::Rule;
  static constexpr char kCollection[] = "rules";
  static constexpr char kWhat[] = "rule";
};
struct SynonymKind {
  using Message = v1::SynonymSet;
  static constexpr char kCollection[] = "synonymSets";
  static constexpr char kWhat[] = "synonym set";
};

struct ExperimentKind {
  using Message = v1::Experiment;
  static constexpr char kCollection[] = "experiments";
  static constexpr char kWhat[] = "experiment";
};

// All of a shop, by id, complete with name, etag and times.
struct StoredCuration {
  int64_t version = 0;  // 0 before the first
  std::vector<v1::Rule> rules;
  std::vector<v1::SynonymSet> synonym_sets;
  std::vector<v1::Experiment> experiments;
};

// Table search.curations. Errors are the pool's (libs/platform/postgres/pool.h). Thread-safe.
class CurationStore {
 public:
  explicit CurationStore(postgres::Pool& pool);

  // By shop, of those that ever had an object.
  absl::StatusOr<std::map<std::string, int64_t>> Versions() { return objects_.Versions(); }
  absl::StatusOr<StoredCuration> Load(const std::string& shop);

  // What a change makes of an object: of nothing where it does not exist, into nothing to delete it.
  template <typename Kind>
  using ChangeFunction = absl::FunctionRef<absl::StatusOr<std::optional<typename Kind::Message>>(
      std::optional<typename Kind::Message> stored)>;
  // Changes one object; changes of one shop happen one after another. Answers the object as it stands then, or as it
  // stood when it was deleted. RESOURCE_EXHAUSTED (TOO_MANY_CURATIONS) beyond kMaxObjects.
  template <typename Kind>
  absl::StatusOr<typename Kind::Message> Change(const std::string& shop, const std::string& id, absl::Time now,
                                                ChangeFunction<Kind> change);

  static constexpr int64_t kMaxObjects = 5'000;  // of a shop, all kinds together

 private:
  postgres::ObjectStore objects_;
};

// "shops/default/rules/spring"
template <typename Kind>
std::string CurationName(absl::string_view shop, absl::string_view id);
// The last part of such a name; INVALID_ARGUMENT (CURATION_NAME_INVALID) for anything else.
template <typename Kind>
absl::StatusOr<std::string> CurationIdOf(absl::string_view name, absl::string_view shop);
// 1 to 63 of a-z, 0-9 and '-', first a letter.
bool IsCurationId(absl::string_view id);

constexpr char kReasonTooManyCurations[] = "TOO_MANY_CURATIONS";
constexpr char kReasonCurationName[] = "CURATION_NAME_INVALID";

}  // namespace kontor::search
