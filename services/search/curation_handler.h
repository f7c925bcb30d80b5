#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "kontor/search/v1/curation_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "services/search/curation_keeper.h"
#include "services/search/curation_store.h"

namespace kontor::search {

// CurationService but for previews: validate → store → serve. INVALID_ARGUMENT with all violations or
// CURATION_NAME_INVALID, NOT_FOUND (CURATION_UNKNOWN), ALREADY_EXISTS (CURATION_EXISTS), ABORTED (CURATION_CHANGED),
// RESOURCE_EXHAUSTED (TOO_MANY_CURATIONS), and what the store says. Thread-safe.
class CurationHandler {
 public:
  struct Parts {
    CurationStore& store;
    CurationKeeper& keeper;
    const base::Clock& clock;
  };
  explicit CurationHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::Rule> CreateRule(const runtime::CallContext& call, const v1::CreateRuleRequest& request);
  absl::StatusOr<v1::Rule> GetRule(const runtime::CallContext& call, const v1::GetRuleRequest& request);
  absl::StatusOr<v1::ListRulesResponse> ListRules(const runtime::CallContext& call,
                                                  const v1::ListRulesRequest& request);
  absl::StatusOr<v1::Rule> UpdateRule(const runtime::CallContext& call, const v1::UpdateRuleRequest& request);
  absl::StatusOr<v1::DeleteRuleResponse> DeleteRule(const runtime::CallContext& call,
                                                    const v1::DeleteRuleRequest& request);

  absl::StatusOr<v1::SynonymSet> CreateSynonymSet(const runtime::CallContext& call,
                                                  const v1::CreateSynonymSetRequest& request);
  absl::StatusOr<v1::SynonymSet> GetSynonymSet(const runtime::CallContext& call,
                                               const v1::GetSynonymSetRequest& request);
  absl::StatusOr<v1::ListSynonymSetsResponse> ListSynonymSets(const runtime::CallContext& call,
                                                              const v1::ListSynonymSetsRequest& request);
  absl::StatusOr<v1::SynonymSet> UpdateSynonymSet(const runtime::CallContext& call,
                                                  const v1::UpdateSynonymSetRequest& request);
  absl::StatusOr<v1::DeleteSynonymSetResponse> DeleteSynonymSet(const runtime::CallContext& call,
                                                                const v1::DeleteSynonymSetRequest& request);

 private:
  template <typename Kind>
  absl::StatusOr<typename Kind::Message> Create(const std::string& shop, const typename Kind::Message& message,
                                                const std::string& id, const std::string& prefix);
  template <typename Kind>
  absl::StatusOr<typename Kind::Message> Update(const std::string& shop, const typename Kind::Message& message,
                                                const google::protobuf::FieldMask& mask, const std::string& prefix);
  template <typename Kind>
  absl::Status Delete(const std::string& shop, const std::string& name, const std::string& etag);
  // What was stored is served by this process before the call returns; the others follow.
  void Serve(const std::string& shop);

  const Parts parts_;
};

constexpr char kReasonCurationUnknown[] = "CURATION_UNKNOWN";
constexpr char kReasonCurationExists[] = "CURATION_EXISTS";
constexpr char kReasonCurationChanged[] = "CURATION_CHANGED";

}  // namespace kontor::search
