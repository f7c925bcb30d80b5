#include "services/search/ranking_handler.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/runtime/background.h"
#include "services/search/judged_lists.h"

namespace kontor::search {
namespace {

constexpr int kMaxListed = 100;
// Of the rows without a gain; TrainRankOptions says why not all.
constexpr double kWorthlessShare = 0.4;
constexpr char kFromClicks[] = "from_clicks";

// Clicks make products popular: a ranker that sees popularity would be told what it is asked for.
void HidePopularity(std::vector<RankList>& lists) {
  for (RankList& list : lists) {
    for (size_t row = 0; row < list.gains.size(); ++row) {
      list.features[row * kFeatures + static_cast<size_t>(Feature::kPopularity)] = 0;
    }
  }
}

v1::RankerFigures FiguresOf(const RankTraining& training) {
  v1::RankerFigures figures;
  figures.set_queries(training.queries);
  figures.set_ndcg_at_10(training.ndcg);
  figures.set_serving_ndcg_at_10(training.serving_ndcg);
  figures.set_first_stage_ndcg_at_10(training.first_stage_ndcg);
  figures.set_difference(training.against_serving.difference);
  figures.set_difference_low(training.against_serving.low);
  figures.set_difference_high(training.against_serving.high);
  figures.set_wins(training.against_serving.wins);
  figures.set_losses(training.against_serving.losses);
  return figures;
}

// Figures are numbers by their fields' names in the registry.
registry::ModelMetadata MetadataOf(const v1::RankerFigures& figures, bool from_clicks) {
  registry::ModelMetadata metadata;
  const auto& reflection = *figures.GetReflection();
  for (int i = 0; i < figures.GetDescriptor()->field_count(); ++i) {
    const auto* field = figures.GetDescriptor()->field(i);
    const bool real = field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE;
    metadata.metrics[field->name()] =
        real ? reflection.GetDouble(figures, field) : static_cast<double>(reflection.GetInt64(figures, field));
  }
  metadata.metrics[kFromClicks] = from_clicks ? 1 : 0;
  return metadata;
}

v1::Ranker RankerFrom(const std::string& shop, const registry::ModelInfo& info, int64_t serving) {
  v1::Ranker ranker;
  ranker.set_name(RankerName(shop, info.version));
  fleet::SetTime(info.metadata.created, *ranker.mutable_create_time());
  ranker.set_serving(info.version == serving);
  ranker.set_sha256(info.sha256);
  v1::RankerFigures& figures = *ranker.mutable_figures();
  for (const auto& [name, value] : info.metadata.metrics) {
    if (name == kFromClicks) ranker.set_from_clicks(value != 0);
    const auto* field = figures.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) continue;
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE) {
      figures.GetReflection()->SetDouble(&figures, field, value);
    } else {
      figures.GetReflection()->SetInt64(&figures, field, static_cast<int64_t>(value));
    }
  }
  return ranker;
}

}  // namespace

absl::StatusOr<v1::Ranker> RankingHandler::RankerOf(const std::string& shop, int64_t version) const {
  ASSIGN_OR_RETURN(const std::vector<registry::ModelInfo> models, parts_.registry.List(RankerModelName(shop)));
  for (const registry::ModelInfo& info : models) {
    if (info.version == version) return RankerFrom(shop, info, version);
  }
  return absl::NotFoundError(absl::StrCat("there is no ranker ", RankerName(shop, version)));
}

absl::StatusOr<v1::TrainRankerResponse> RankingHandler::Train(const runtime::CallContext& call,
                                                              const v1::TrainRankerRequest& request) {
  const bool from_clicks = request.source().has_clicks();
  std::vector<v1::JudgedQuery> queries(request.source().judgements().queries().begin(),
                                       request.source().judgements().queries().end());
  if (from_clicks) {
    ASSIGN_OR_RETURN(queries, JudgementsFromClicks(parts_.follower.Find(call.shop)->Clicks()));
  }
  ASSIGN_OR_RETURN(const EngineParts parts, parts_.search.PartsOf(call.shop));
  ASSIGN_OR_RETURN(JudgedLists judged, ListsOf(parts, parts_.settings, queries, absl::ToUnixMicros(parts_.clock.Now()),
                                               [&call] { return call.cancelled(); }));
  if (from_clicks) HidePopularity(judged.lists);
  TrainRankOptions options;
  options.worthless_share = kWorthlessShare;
  ASSIGN_OR_RETURN(const RankTraining training, search::TrainRanker(judged.lists, parts.ranker.get(), options));
  v1::TrainRankerResponse response;
  response.set_unknown_products(judged.unknown_products);
  *response.mutable_figures() = FiguresOf(training);
  if (!training.gate.ok()) {
    response.set_refused(base::ErrorReason(training.gate));
    return response;
  }
  ASSIGN_OR_RETURN(const int64_t version, parts_.rankers.PutIntoService(call.shop, training.ranker,
                                                                        MetadataOf(response.figures(), from_clicks)));
  ASSIGN_OR_RETURN(*response.mutable_ranker(), RankerOf(call.shop, version));
  return response;
}

absl::StatusOr<v1::TrainRankerResponse> RankingHandler::TrainRanker(const runtime::CallContext& call,
                                                                    const v1::TrainRankerRequest& request) {
  RETURN_IF_ERROR(CheckSource(request.source()));
  RETURN_IF_ERROR(parts_.search.PartsOf(call.shop).status());
  if (!parts_.engines.OwnIndex(call.shop)) {
    return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoOwnIndex,
                       "rankers are learned from a shop's own index, and this shop's catalogue is on OpenSearch");
  }
  {
    base::MutexLock lock(mutex_);
    if (!training_.insert(call.shop).second) {
      return base::Error(absl::StatusCode::kAborted, kReasonTrainingRuns, "another call trains this shop; wait for it");
    }
  }
  const absl::Cleanup done = [&] {
    base::MutexLock lock(mutex_);
    training_.erase(call.shop);
  };
  absl::StatusOr<v1::TrainRankerResponse> trained;
  runtime::RunBehindCalls([&] { trained = Train(call, request); });
  return trained;
}

absl::StatusOr<v1::ListRankersResponse> RankingHandler::ListRankers(const runtime::CallContext& call,
                                                                    const v1::ListRankersRequest& request) {
  base::Violations violations;
  if (request.page_size() < 0 || request.page_size() > kMaxListed) {
    violations.Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 100, or 0 for 100");
  }
  int64_t below = std::numeric_limits<int64_t>::max();
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &below)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const int64_t serving, parts_.rankers.ServingVersion(call.shop));
  const absl::StatusOr<std::vector<registry::ModelInfo>> models = parts_.registry.List(RankerModelName(call.shop));
  if (!models.ok() && !absl::IsNotFound(models.status())) return models.status();
  v1::ListRankersResponse response;
  if (!models.ok()) return response;
  const int limit = request.page_size() == 0 ? kMaxListed : request.page_size();
  for (const registry::ModelInfo& info : *models) {
    if (info.version >= below) continue;
    if (response.rankers_size() == limit) {
      response.set_next_page_token(absl::StrCat(info.version + 1));
      break;
    }
    *response.add_rankers() = RankerFrom(call.shop, info, serving);
  }
  return response;
}

absl::StatusOr<v1::RollbackRankerResponse> RankingHandler::RollbackRanker(const runtime::CallContext& call,
                                                                          const v1::RollbackRankerRequest&) {
  RETURN_IF_ERROR(parts_.search.PartsOf(call.shop).status());
  ASSIGN_OR_RETURN(const int64_t version, parts_.rankers.Rollback(call.shop));
  v1::RollbackRankerResponse response;
  if (version == 0) return response;
  ASSIGN_OR_RETURN(*response.mutable_ranker(), RankerOf(call.shop, version));
  return response;
}

}  // namespace kontor::search
