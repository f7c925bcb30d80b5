#include "services/search/curation_handler.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/update_mask.h"
#include "services/search/curation_convert.h"

namespace kontor::search {
namespace {

constexpr int kDefaultListed = 100, kMaxListed = 1'000;
const auto& kNotSettable = *new std::set<std::string>{"name", "etag", "create_time", "update_time"};

absl::Status Unknown(const std::string& name) {
  return base::Error(absl::StatusCode::kNotFound, kReasonCurationUnknown, absl::StrCat("there is no ", name));
}

template <typename Message>
absl::Status CheckEtag(const std::string& given, const Message& stored) {
  if (given.empty() || given == stored.etag()) return absl::OkStatus();
  return base::Error(absl::StatusCode::kAborted, kReasonCurationChanged,
                     absl::StrCat(stored.name(), " has changed since you read it; read it again"));
}

template <typename Message>
absl::StatusOr<Message> Named(std::vector<Message>& messages, const std::string& name) {
  for (Message& message : messages) {
    if (message.name() == name) return std::move(message);
  }
  return Unknown(name);
}

// Appends one page of what is stored; the token of the next, empty at the end.
template <typename Message>
absl::StatusOr<std::string> Page(std::vector<Message>& all, int page_size, const std::string& token,
                                 google::protobuf::RepeatedPtrField<Message>& out) {
  base::Violations violations;
  if (page_size < 0 || page_size > kMaxListed) {
    violations.Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 1,000, or 0 for 100");
  }
  size_t begin = 0;
  if (!token.empty() && !absl::SimpleAtoi(token, &begin)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  const size_t end = begin + static_cast<size_t>(page_size == 0 ? kDefaultListed : page_size);
  for (size_t i = begin; i < std::min(all.size(), end); ++i) *out.Add() = std::move(all[i]);
  return end < all.size() ? absl::StrCat(end) : std::string();
}

}  // namespace

void CurationHandler::Serve(const std::string& shop) {
  const absl::Status status = parts_.keeper.Refresh(shop);
  if (!status.ok()) runtime::LogWarning("stored curation is served a little later", {{"error", status.ToString()}});
}

template <typename Kind>
absl::StatusOr<typename Kind::Message> CurationHandler::Create(const std::string& shop,
                                                               const typename Kind::Message& message,
                                                               const std::string& id, const std::string& prefix) {
  using Message = typename Kind::Message;
  base::Violations violations;
  if (!IsCurationId(id))
    violations.Add(absl::StrCat(prefix, "_id"), "ID_INVALID", "give 1 to 63 of a-z, 0-9 and '-', first a letter");
  CheckCuration(absl::StrCat(prefix, "."), message, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(
      Message created,
      parts_.store.Change<Kind>(
          shop, id, parts_.clock.Now(), [&](std::optional<Message> stored) -> absl::StatusOr<std::optional<Message>> {
            if (!stored.has_value()) return message;
            return base::Error(absl::StatusCode::kAlreadyExists, kReasonCurationExists,
                               absl::StrCat(stored->name(), " exists; update it, or choose another id"));
          }));
  Serve(shop);
  return created;
}

template <typename Kind>
absl::StatusOr<typename Kind::Message> CurationHandler::Update(const std::string& shop,
                                                               const typename Kind::Message& message,
                                                               const google::protobuf::FieldMask& mask,
                                                               const std::string& prefix) {
  using Message = typename Kind::Message;
  ASSIGN_OR_RETURN(const std::string id, CurationIdOf<Kind>(message.name(), shop));
  ASSIGN_OR_RETURN(Message updated, parts_.store.Change<Kind>(
                                        shop, id, parts_.clock.Now(),
                                        [&](std::optional<Message> stored) -> absl::StatusOr<std::optional<Message>> {
                                          if (!stored.has_value()) return Unknown(message.name());
                                          RETURN_IF_ERROR(CheckEtag(message.etag(), *stored));
                                          RETURN_IF_ERROR(runtime::TakeOver(message, mask, kNotSettable, *stored));
                                          base::Violations violations;
                                          CheckCuration(absl::StrCat(prefix, "."), *stored, violations);
                                          RETURN_IF_ERROR(violations.ToStatus());
                                          return stored;
                                        }));
  Serve(shop);
  return updated;
}

template <typename Kind>
absl::Status CurationHandler::Delete(const std::string& shop, const std::string& name, const std::string& etag) {
  using Message = typename Kind::Message;
  ASSIGN_OR_RETURN(const std::string id, CurationIdOf<Kind>(name, shop));
  RETURN_IF_ERROR(parts_.store
                      .Change<Kind>(shop, id, parts_.clock.Now(),
                                    [&](std::optional<Message> stored) -> absl::StatusOr<std::optional<Message>> {
                                      if (!stored.has_value()) return Unknown(name);
                                      RETURN_IF_ERROR(CheckEtag(etag, *stored));
                                      return std::nullopt;
                                    })
                      .status());
  Serve(shop);
  return absl::OkStatus();
}

absl::StatusOr<v1::Rule> CurationHandler::CreateRule(const runtime::CallContext& call,
                                                     const v1::CreateRuleRequest& request) {
  return Create<RuleKind>(call.shop, request.rule(), request.rule_id(), "rule");
}

absl::StatusOr<v1::Rule> CurationHandler::GetRule(const runtime::CallContext& call, const v1::GetRuleRequest& request) {
  RETURN_IF_ERROR(CurationIdOf<RuleKind>(request.name(), call.shop).status());
  ASSIGN_OR_RETURN(StoredCuration stored, parts_.store.Load(call.shop));
  return Named(stored.rules, request.name());
}

absl::StatusOr<v1::ListRulesResponse> CurationHandler::ListRules(const runtime::CallContext& call,
                                                                 const v1::ListRulesRequest& request) {
  ASSIGN_OR_RETURN(StoredCuration stored, parts_.store.Load(call.shop));
  v1::ListRulesResponse response;
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(),
                   Page(stored.rules, request.page_size(), request.page_token(), *response.mutable_rules()));
  return response;
}

absl::StatusOr<v1::Rule> CurationHandler::UpdateRule(const runtime::CallContext& call,
                                                     const v1::UpdateRuleRequest& request) {
  return Update<RuleKind>(call.shop, request.rule(), request.update_mask(), "rule");
}

absl::StatusOr<v1::DeleteRuleResponse> CurationHandler::DeleteRule(const runtime::CallContext& call,
                                                                   const v1::DeleteRuleRequest& request) {
  RETURN_IF_ERROR(Delete<RuleKind>(call.shop, request.name(), request.etag()));
  return v1::DeleteRuleResponse();
}

absl::StatusOr<v1::SynonymSet> CurationHandler::CreateSynonymSet(const runtime::CallContext& call,
                                                                 const v1::CreateSynonymSetRequest& request) {
  return Create<SynonymKind>(call.shop, request.synonym_set(), request.synonym_set_id(), "synonym_set");
}

absl::StatusOr<v1::SynonymSet> CurationHandler::GetSynonymSet(const runtime::CallContext& call,
                                                              const v1::GetSynonymSetRequest& request) {
  RETURN_IF_ERROR(CurationIdOf<SynonymKind>(request.name(), call.shop).status());
  ASSIGN_OR_RETURN(StoredCuration stored, parts_.store.Load(call.shop));
  return Named(stored.synonym_sets, request.name());
}

absl::StatusOr<v1::ListSynonymSetsResponse> CurationHandler::ListSynonymSets(
    const runtime::CallContext& call, const v1::ListSynonymSetsRequest& request) {
  ASSIGN_OR_RETURN(StoredCuration stored, parts_.store.Load(call.shop));
  v1::ListSynonymSetsResponse response;
  ASSIGN_OR_RETURN(*response.mutable_next_page_token(), Page(stored.synonym_sets, request.page_size(),
                                                             request.page_token(), *response.mutable_synonym_sets()));
  return response;
}

absl::StatusOr<v1::SynonymSet> CurationHandler::UpdateSynonymSet(const runtime::CallContext& call,
                                                                 const v1::UpdateSynonymSetRequest& request) {
  return Update<SynonymKind>(call.shop, request.synonym_set(), request.update_mask(), "synonym_set");
}

absl::StatusOr<v1::DeleteSynonymSetResponse> CurationHandler::DeleteSynonymSet(
    const runtime::CallContext& call, const v1::DeleteSynonymSetRequest& request) {
  RETURN_IF_ERROR(Delete<SynonymKind>(call.shop, request.name(), request.etag()));
  return v1::DeleteSynonymSetResponse();
}

}  // namespace kontor::search
