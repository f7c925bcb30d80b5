#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/enum_value.h"
#include "services/kontorctl/session.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

namespace analytics = kontor::analytics::v1;

absl::Status ReadDate(const Arguments& arguments, absl::string_view name, google::protobuf::Timestamp& out) {
  absl::Time time;
  std::string error;
  const std::string text = arguments.Get(name);
  if (!absl::ParseTime("%Y-%m-%d", text, absl::UTCTimeZone(), &time, &error) &&
      !absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::InvalidArgumentError(absl::StrCat("--", name, " takes a date like 2011-09-01 or a time of RFC 3339"));
  }
  fleet::SetTime(time, out);
  return absl::OkStatus();
}

absl::StatusOr<analytics::QueryKpisRequest> QueryOf(const Arguments& arguments) {
  analytics::QueryKpisRequest request;
  for (const std::string& word : arguments.words()) {
    for (absl::string_view metric : absl::StrSplit(word, ',', absl::SkipEmpty()))
      request.add_metrics(std::string(metric));
  }
  for (const std::string& dimension : arguments.List("by")) request.add_dimensions(dimension);
  if (arguments.Has("grain")) {
    ASSIGN_OR_RETURN(const auto grain,
                     EnumValue<analytics::Grain>(analytics::Grain_descriptor(), "GRAIN_", arguments.Get("grain")));
    request.set_grain(grain);
  }
  if (arguments.Has("from")) RETURN_IF_ERROR(ReadDate(arguments, "from", *request.mutable_start_time()));
  if (arguments.Has("to")) RETURN_IF_ERROR(ReadDate(arguments, "to", *request.mutable_end_time()));
  for (const std::string& condition : arguments.List("where")) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(condition, absl::MaxSplits('=', 1));
    analytics::Filter& filter = *request.add_filters();
    filter.set_dimension(parts.first);
    filter.add_values(parts.second);
  }
  request.set_order_by(arguments.Get("order"));
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 100));
  request.set_page_size(static_cast<int>(limit));
  return request;
}

}  // namespace

absl::Status RunQuery(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments,
                   ParseWith(words, {"by", "grain", "from", "to", "where", "order", "limit"}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const analytics::QueryKpisRequest request, QueryOf(arguments));
  ASSIGN_OR_RETURN(const analytics::QueryKpisResponse response, session.QueryKpis(request));
  std::printf("%s", Show(response).c_str());
  if (!response.next_page_token().empty()) {
    std::printf("  the first %d of %s rows; raise --limit for more\n", response.rows_size(),
                Grouped(response.total_size()).c_str());
  }
  return absl::OkStatus();
}

absl::Status RunMetrics(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const analytics::ListMetricsResponse list, session.ListMetrics());
  TextTable metrics({"metric", "meaning"});
  for (const auto& metric : list.metrics()) metrics.Add({metric.name(), metric.description()});
  TextTable dimensions({"dimension", "meaning"});
  for (const auto& dimension : list.dimensions()) dimensions.Add({dimension.name(), dimension.description()});
  std::printf("%s\n%s", metrics.Text(2, 110).c_str(), dimensions.Text(2, 110).c_str());
  return absl::OkStatus();
}

absl::Status RunQuality(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const auto report, session.Quality());
  TextTable table({"source", "accepted", "duplicates", "refused", "newest event"});
  for (const auto& source : report.sources()) {
    table.Add(
        {source.source(), Grouped(source.accepted()), Grouped(source.duplicates()), Grouped(source.refused()),
         source.has_newest_event_time()
             ? absl::FormatTime("%Y-%m-%d %H:%M:%S", fleet::TimeOf(source.newest_event_time()), absl::UTCTimeZone())
             : ""});
  }
  std::printf("%s", table.Text().c_str());
  for (const auto& source : report.sources()) {
    for (const auto& reason : source.refused_by_reason()) {
      std::printf("  %s refused %s × %s, for example: %s\n", source.source().c_str(), Grouped(reason.count()).c_str(),
                  reason.reason().c_str(), reason.example().c_str());
    }
  }
  return absl::OkStatus();
}

absl::Status RunHealth(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"wait"}, {}));
  ASSIGN_OR_RETURN(const absl::Duration wait, arguments.Duration("wait", absl::Seconds(3)));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  RETURN_IF_ERROR(session.WaitReady(wait));
  std::printf("  the fleet answers\n");
  return absl::OkStatus();
}

}  // namespace kontor::ctl
