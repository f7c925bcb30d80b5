#include "services/search/curation_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::search {
namespace {

template <typename Kind>
std::string KeyOf(absl::string_view id) {
  return absl::StrCat(Kind::kCollection, "/", id);
}

template <typename Kind>
absl::StatusOr<typename Kind::Message> MessageOf(const std::string& shop, const postgres::StoredObject& stored) {
  typename Kind::Message message;
  if (!message.ParseFromString(stored.bytes)) {
    return absl::DataLossError(absl::StrCat("the stored ", Kind::kWhat, " ", stored.id, " cannot be read"));
  }
  absl::string_view id = stored.id;
  absl::ConsumePrefix(&id, KeyOf<Kind>(""));
  message.set_name(CurationName<Kind>(shop, id));
  message.set_etag(absl::StrCat(stored.revision));
  fleet::SetTime(stored.create_time, *message.mutable_create_time());
  fleet::SetTime(stored.update_time, *message.mutable_update_time());
  return message;
}

template <typename Message>
std::string BytesOf(Message message) {
  message.clear_name();
  message.clear_etag();
  message.clear_create_time();
  message.clear_update_time();
  return message.SerializeAsString();
}

}  // namespace

bool IsCurationId(absl::string_view id) {
  return !id.empty() && id.size() <= 63 && absl::ascii_islower(id[0]) && std::all_of(id.begin(), id.end(), [](char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  });
}

template <typename Kind>
std::string CurationName(absl::string_view shop, absl::string_view id) {
  return absl::StrCat("shops/", shop, "/", Kind::kCollection, "/", id);
}

template <typename Kind>
absl::StatusOr<std::string> CurationIdOf(absl::string_view name, absl::string_view shop) {
  absl::string_view id = name;
  if (absl::ConsumePrefix(&id, CurationName<Kind>(shop, "")) && IsCurationId(id)) return std::string(id);
  return base::Error(
      absl::StatusCode::kInvalidArgument, kReasonCurationName,
      absl::StrCat("\"", name, "\" is no ", Kind::kWhat, "'s name; give ", CurationName<Kind>(shop, "ID")));
}

CurationStore::CurationStore(postgres::Pool& pool)
    : objects_(pool, {.objects = "search.curations",
                      .id_column = "curation_id",
                      .body_column = "curation",
                      .versions = "search.curation_versions",
                      .what = "rules, synonym sets and experiments",
                      .max_objects = kMaxObjects,
                      .too_many_reason = kReasonTooManyCurations}) {}

absl::StatusOr<StoredCuration> CurationStore::Load(const std::string& shop) {
  ASSIGN_OR_RETURN(const postgres::StoredObjects stored, objects_.Load(shop));
  StoredCuration curation;
  curation.version = stored.version;
  for (const postgres::StoredObject& object : stored.objects) {
    if (absl::StartsWith(object.id, KeyOf<RuleKind>(""))) {
      ASSIGN_OR_RETURN(v1::Rule rule, MessageOf<RuleKind>(shop, object));
      curation.rules.push_back(std::move(rule));
    } else if (absl::StartsWith(object.id, KeyOf<ExperimentKind>(""))) {
      ASSIGN_OR_RETURN(v1::Experiment experiment, MessageOf<ExperimentKind>(shop, object));
      curation.experiments.push_back(std::move(experiment));
    } else {
      ASSIGN_OR_RETURN(v1::SynonymSet set, MessageOf<SynonymKind>(shop, object));
      curation.synonym_sets.push_back(std::move(set));
    }
  }
  return curation;
}

template <typename Kind>
absl::StatusOr<typename Kind::Message> CurationStore::Change(const std::string& shop, const std::string& id,
                                                             absl::Time now, ChangeFunction<Kind> change) {
  using Message = typename Kind::Message;
  ASSIGN_OR_RETURN(
      const postgres::StoredObject changed,
      objects_.Change(shop, KeyOf<Kind>(id), now,
                      [&](const postgres::StoredObject* stored) -> absl::StatusOr<std::optional<std::string>> {
                        std::optional<Message> before;
                        if (stored != nullptr) {
                          ASSIGN_OR_RETURN(before, MessageOf<Kind>(shop, *stored));
                        }
                        ASSIGN_OR_RETURN(std::optional<Message> after, change(std::move(before)));
                        if (!after.has_value()) return std::nullopt;
                        return BytesOf(*std::move(after));
                      }));
  return MessageOf<Kind>(shop, changed);
}

template std::string CurationName<RuleKind>(absl::string_view, absl::string_view);
template std::string CurationName<SynonymKind>(absl::string_view, absl::string_view);
template std::string CurationName<ExperimentKind>(absl::string_view, absl::string_view);
template absl::StatusOr<std::string> CurationIdOf<RuleKind>(absl::string_view, absl::string_view);
template absl::StatusOr<std::string> CurationIdOf<SynonymKind>(absl::string_view, absl::string_view);
template absl::StatusOr<std::string> CurationIdOf<ExperimentKind>(absl::string_view, absl::string_view);
template absl::StatusOr<v1::Rule> CurationStore::Change<RuleKind>(const std::string&, const std::string&, absl::Time,
                                                                  ChangeFunction<RuleKind>);
template absl::StatusOr<v1::SynonymSet> CurationStore::Change<SynonymKind>(const std::string&, const std::string&,
                                                                           absl::Time, ChangeFunction<SynonymKind>);
template absl::StatusOr<v1::Experiment> CurationStore::Change<ExperimentKind>(const std::string&, const std::string&,
                                                                              absl::Time,
                                                                              ChangeFunction<ExperimentKind>);

}  // namespace kontor::search
