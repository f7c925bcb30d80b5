#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kontor/recommendations/v1/recommendation_service.grpc.pb.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::recommendations::v1;
using Service = v1::RecommendationService;

constexpr absl::Duration kTimeout = absl::Minutes(1);
constexpr int kListed = 100;

// 0 where --canary is not given.
absl::StatusOr<double> CanaryShare(const Arguments& arguments) {
  double share = 0;
  if (!arguments.Has("canary")) return share;
  if (absl::SimpleAtod(arguments.Get("canary"), &share) && share > 0 && share < 1) return share;
  return absl::InvalidArgumentError("--canary takes a share of people above 0 and below 1, like 0.1");
}

std::string StageOf(const v1::Model& model) {
  if (model.serving()) return "serving";
  return model.canary_share() > 0 ? absl::StrFormat("canary, %g%%", 100 * model.canary_share()) : "";
}

std::string Metric(double value) { return absl::StrFormat("%.4f", value); }

void Print(const v1::Model& model) {
  std::printf(
      "  %s%s: %s baskets, %s customers, %s products; on each customer's last basket recall@10 %.4f, ndcg@10 %.4f\n",
      model.name().c_str(), StageOf(model).empty() ? "" : absl::StrCat(" (", StageOf(model), ")").c_str(),
      Grouped(model.baskets()).c_str(), Grouped(model.customers()).c_str(), Grouped(model.products()).c_str(),
      model.recall_at_10(), model.ndcg_at_10());
}

}  // namespace

absl::Status RunTrain(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"network-seconds", "canary"}, {"force"}));
  ASSIGN_OR_RETURN(const int64_t network_seconds, arguments.Int("network-seconds", 0));
  ASSIGN_OR_RETURN(const double share, CanaryShare(arguments));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const v1::Model model, session.TrainModel(arguments.Has("force"), network_seconds, share));
  Print(model);
  return absl::OkStatus();
}

absl::Status RunModels(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::ListModelsRequest request;
  request.set_parent(session.shop());
  request.set_page_size(kListed);
  ASSIGN_OR_RETURN(const v1::ListModelsResponse list,
                   Call<Service>(session, kTimeout, &Service::Stub::ListModels, request));
  TextTable table(
      {"model", "stage", "made", "baskets", "products", "recall@10", "ndcg@10", "new: recall@10", "ndcg@10"});
  for (const v1::Model& model : list.models()) {
    table.Add({model.name(), StageOf(model),
               absl::FormatTime("%Y-%m-%d %H:%M", fleet::TimeOf(model.create_time()), absl::UTCTimeZone()),
               Grouped(model.baskets()), Grouped(model.products()), Metric(model.recall_at_10()),
               Metric(model.ndcg_at_10()), Metric(model.recall_at_10_new()), Metric(model.ndcg_at_10_new())});
  }
  std::printf("%s", table.Text().c_str());
  return absl::OkStatus();
}

absl::Status RunPromote(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"canary"}, {}));
  if (arguments.words().size() != 1) return absl::InvalidArgumentError("say which version: kontorctl promote 7");
  v1::PromoteModelRequest request;
  ASSIGN_OR_RETURN(const double share, CanaryShare(arguments));
  request.set_canary_share(share);
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  request.set_name(absl::StrCat(session.shop(), "/models/", arguments.words()[0]));
  ASSIGN_OR_RETURN(const v1::Model model, Call<Service>(session, kTimeout, &Service::Stub::PromoteModel, request));
  Print(model);
  return absl::OkStatus();
}

absl::Status RunRollback(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  v1::RollbackModelRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::Model model, Call<Service>(session, kTimeout, &Service::Stub::RollbackModel, request));
  Print(model);
  return absl::OkStatus();
}

}  // namespace kontor::ctl
