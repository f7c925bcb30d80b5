#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kontor/search/v1/ranking_service.grpc.pb.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/json_file.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace v1 = kontor::search::v1;
using Service = v1::RankingService;

constexpr absl::Duration kTimeout = absl::Seconds(10), kTrainTimeout = absl::Minutes(15);

absl::Status List(const Session& session) {
  v1::ListRankersRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::ListRankersResponse list,
                   Call<Service>(session, kTimeout, &Service::Stub::ListRankers, request));
  TextTable table({"ranker", "", "made", "from", "queries", "ndcg@10", "before", "words and meaning"});
  for (const v1::Ranker& ranker : list.rankers()) {
    const v1::RankerFigures& figures = ranker.figures();
    table.Add({ranker.name(), ranker.serving() ? "serving" : "",
               absl::FormatTime("%Y-%m-%d %H:%M", fleet::TimeOf(ranker.create_time()), absl::UTCTimeZone()),
               ranker.from_clicks() ? "clicks" : "judgements", Grouped(figures.queries()),
               absl::StrFormat("%.4f", figures.ndcg_at_10()), absl::StrFormat("%.4f", figures.serving_ndcg_at_10()),
               absl::StrFormat("%.4f", figures.first_stage_ndcg_at_10())});
  }
  std::printf("%s", table.Text().c_str());
  return absl::OkStatus();
}

absl::Status Train(const Session& session, v1::TrainRankerRequest request) {
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::TrainRankerResponse response,
                   Call<Service>(session, kTrainTimeout, &Service::Stub::TrainRanker, request));
  const v1::RankerFigures& figures = response.figures();
  std::printf(
      "  %s: on %s queries that it had not seen ndcg@10 %.4f, what served %.4f; the difference lies between %+.4f and "
      "%+.4f\n",
      response.refused().empty() ? absl::StrCat(response.ranker().name(), " serves now").c_str()
                                 : absl::StrCat("refused, ", response.refused()).c_str(),
      Grouped(figures.queries()).c_str(), figures.ndcg_at_10(), figures.serving_ndcg_at_10(), figures.difference_low(),
      figures.difference_high());
  return absl::OkStatus();
}

absl::Status Rollback(const Session& session) {
  v1::RollbackRankerRequest request;
  request.set_parent(session.shop());
  ASSIGN_OR_RETURN(const v1::RollbackRankerResponse response,
                   Call<Service>(session, kTimeout, &Service::Stub::RollbackRanker, request));
  std::printf("  %s\n", response.has_ranker() ? absl::StrCat(response.ranker().name(), " serves now").c_str()
                                              : "nothing that was learned serves now");
  return absl::OkStatus();
}

}  // namespace

absl::Status RunRankers(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {"clicks"}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  const auto& given = arguments.words();
  if (given.empty()) return List(session);
  if (given[0] == "rollback" && given.size() == 1) return Rollback(session);
  v1::TrainRankerRequest request;
  if (given[0] == "train" && given.size() == 1 && arguments.Has("clicks")) {
    request.mutable_source()->mutable_clicks();
    return Train(session, request);
  }
  if (given[0] == "train" && given.size() == 2 && !arguments.Has("clicks")) {
    ASSIGN_OR_RETURN(*request.mutable_source()->mutable_judgements(),
                     ReadJson<v1::JudgementSource::JudgedQueries>(given[1]));
    return Train(session, request);
  }
  return absl::InvalidArgumentError("use: kontorctl rankers [train JUDGEMENTS.json | train --clicks | rollback]");
}

}  // namespace kontor::ctl
