#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "kontor/search/v1/search_service.grpc.pb.h"
#include "libs/base/status.h"
#include "services/kontorctl/call.h"
#include "services/kontorctl/commands.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/import_client.h"
#include "services/kontorctl/progress_bar.h"
#include "services/kontorctl/session_options.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace v1 = kontor::ingest::v1;
using Search = kontor::search::v1::SearchService;

absl::Status RunImport(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"mapping"}, {}));
  if (arguments.words().size() != 1 || !arguments.Has("mapping")) {
    return absl::InvalidArgumentError("use: kontorctl import --mapping FILE DATA.csv");
  }
  ASSIGN_OR_RETURN(const v1::ImportMapping mapping, LoadMapping(arguments.Get("mapping")));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ProgressBar bar;
  const auto imports =
      ImportFile(session, arguments.words()[0], mapping, [&](const ImportStanding& standing) { bar.Show(standing); });
  bar.End();
  RETURN_IF_ERROR(imports.status());
  std::printf("%s", Show(*imports).c_str());
  return absl::OkStatus();
}

absl::Status RunImports(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"errors", "limit"}, {}));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  if (!arguments.Has("errors")) {
    ASSIGN_OR_RETURN(const std::vector<v1::Import> imports, session.ListImports());
    std::printf("%s", Show(imports).c_str());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const int64_t limit, arguments.Int("limit", 100));
  ASSIGN_OR_RETURN(const std::vector<v1::RowError> errors,
                   session.ImportErrors(absl::StrCat(session.shop(), "/imports/", arguments.Get("errors")),
                                        static_cast<int>(limit)));
  TextTable table({"line", "column", "reason", "what to do"});
  for (const v1::RowError& error : errors) {
    table.Add({absl::StrCat(error.line()), error.column(), error.reason(), error.description()});
  }
  std::printf("%s", table.Text(2, 100).c_str());
  return absl::OkStatus();
}

absl::Status RunWait(absl::Span<const std::string> words) {
  ASSIGN_OR_RETURN(const Arguments arguments, ParseWith(words, {"timeout"}, {}));
  ASSIGN_OR_RETURN(const absl::Duration timeout, arguments.Duration("timeout", absl::Seconds(60)));
  ASSIGN_OR_RETURN(const Session session, Session::Open(arguments));
  ASSIGN_OR_RETURN(const std::vector<v1::Import> imports, session.ListImports());
  const absl::Time start = absl::Now();
  kontor::analytics::v1::QueryKpisRequest kpis;
  kpis.add_metrics("orders");
  kontor::recommendations::v1::RecommendRequest recommend;
  kontor::search::v1::SearchRequest search;
  search.set_parent(session.shop());
  search.set_page_size(1);
  for (const v1::Import& import : imports) {
    for (const auto& position : import.positions()) {
      *kpis.add_read_after() = position;
      *recommend.add_read_after() = position;
      *search.add_read_after() = position;
    }
  }
  RETURN_IF_ERROR(session.QueryKpis(kpis, timeout).status());
  RETURN_IF_ERROR(session.Recommend(recommend, timeout).status());
  RETURN_IF_ERROR(Call<Search>(session, timeout, &Search::Stub::Search, search).status());
  std::printf("  every view has applied what was imported (waited %.1f s)\n",
              absl::ToDoubleSeconds(absl::Now() - start));
  return absl::OkStatus();
}

}  // namespace kontor::ctl
