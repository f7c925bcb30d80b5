#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kontor/search/v1/ranking_service.grpc.pb.h"
#include "kontor/search/v1/search_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/json_file.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::search::v1;
using Ranking = v1::RankingService;
using Search = v1::SearchService;

constexpr absl::Duration kTimeout = absl::Seconds(10);

std::string Share(double share) { return absl::StrFormat("%.2f%%", 100 * share); }

// What runs, then what became of all that were there in the last thirty days.
absl::Status List(const Session& session) {
  v1::ListExperimentsRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::ListExperimentsResponse list,
                   Call<Ranking>(session, kTimeout, &Ranking::Stub::ListExperiments, request));
  TextTable stored({"experiment", "design", "share"});
  for (const v1::Experiment& experiment : list.experiments()) {
    const bool split = experiment.design() == v1::Experiment::DESIGN_SPLIT;
    stored.Add({experiment.name(), split ? "split" : "interleaved", Share(experiment.share())});
  }
  std::printf("%s", stored.Text().c_str());
  v1::GetSearchReportRequest ask;
  ask.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::SearchReport report, Call<Search>(session, kTimeout, &Search::Stub::GetSearchReport, ask));
  TextTable figures(
      {"experiment", "searches", "candidate", "CTR", "candidate", "difference", "wins", "candidate", "p"});
  for (const v1::ExperimentFigures& one : report.experiments()) {
    figures.Add(
        {one.experiment(), Grouped(one.baseline().searches()), Grouped(one.candidate().searches()),
         Share(one.baseline().click_through_rate()), Share(one.candidate().click_through_rate()),
         absl::StrCat(Share(one.click_through_difference_low()), " to ", Share(one.click_through_difference_high())),
         Grouped(one.baseline_wins()), Grouped(one.candidate_wins()), absl::StrFormat("%.3g", one.p_value())});
  }
  if (!report.experiments().empty()) std::printf("\n%s", figures.Text().c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status RunExperiments(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  const auto& given = arguments.words();
  if (given.empty()) return List(session);
  if (given[0] == "create" && given.size() == 3) {
    v1::CreateExperimentRequest request;
    request.set_parent(session.shop());
    request.set_experiment_id(given[1]);
    ASSIGN_OR_RETURN(*request.mutable_experiment(), ReadJson<v1::Experiment>(given[2]));
    return Call<Ranking>(session, kTimeout, &Ranking::Stub::CreateExperiment, request).status();
  }
  if (given[0] == "delete" && given.size() == 2) {
    v1::DeleteExperimentRequest request;
    request.set_name(absl::StrCat(session.shop(), "/experiments/", given[1]));
    return Call<Ranking>(session, kTimeout, &Ranking::Stub::DeleteExperiment, request).status();
  }
  return absl::InvalidArgumentError("use: kontorctl experiments [create ID FILE.json | delete ID]");
}

}  // namespace kontor::ctl
