#include "services/ingest/import_handler.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"

namespace kontor::ingest {
namespace {

constexpr int kMaxUnits = 5'000;

absl::StatusOr<std::string> ImportIdOf(const runtime::CallContext& call, const std::string& name) {
  absl::string_view id = name;
  if (absl::ConsumePrefix(&id, absl::StrCat("shops/", call.shop, "/imports/")) && base::IsShopId(id)) {
    return std::string(id);
  }
  return base::Error(absl::StatusCode::kInvalidArgument, "INVALID_RESOURCE_NAME",
                     "the name must be shops/{shop}/imports/{import}");
}

int PageSize(int asked) { return asked <= 0 ? 100 : std::min(asked, 1000); }

absl::Status CheckUpload(const v1::UploadUnitsRequest& request, const v1::Import& import) {
  base::Violations violations;
  if (request.units_size() > kMaxUnits) {
    violations.Add("units", "TOO_MANY_UNITS", "at most 5,000 units are taken per request");
  }
  if (request.first_unit() < 1 || request.first_unit() > import.committed_units() + 1) {
    violations.Add("first_unit", "UNITS_MISSING",
                   absl::StrCat("the import stands at unit ", import.committed_units(), "; go on with ",
                                import.committed_units() + 1));
  }
  if (import.state() == v1::Import::STATE_DONE) {
    violations.Add("name", "IMPORT_DONE", "the import is complete; nothing is left to send");
  }
  return violations.ToStatus();
}

// The fate of the units' events, as progress.
class Settlement {
 public:
  void RowErrors(const v1::ImportUnit& unit) {
    for (const auto& error : unit.row_errors()) progress_.errors.push_back(error);
    progress_.refused_rows += unit.row_errors_size();
  }
  void Verdict(const v1::ImportUnit& unit, const v1::EventVerdict& verdict) {
    switch (verdict.outcome()) {
      case v1::EventVerdict::OUTCOME_ACCEPTED:
        ++progress_.accepted;
        last_[{verdict.position().topic(), verdict.position().partition()}] = verdict.position();
        return;
      case v1::EventVerdict::OUTCOME_DUPLICATE:
        ++progress_.duplicates;
        return;
      default:
        ++progress_.refused_events;
        progress_.refused_rows += unit.lines_size();
        for (const auto& violation : verdict.violations()) {
          v1::RowError& error = progress_.errors.emplace_back();
          error.set_line(unit.lines_size() > 0 ? unit.lines(0) : 0);
          error.set_column(violation.field());
          error.set_reason(violation.reason());
          error.set_description(violation.description());
        }
    }
  }
  ImportProgress Take() {
    for (auto& [partition, position] : last_) progress_.positions.push_back(position);
    return std::move(progress_);
  }

 private:
  ImportProgress progress_;
  std::map<std::pair<std::string, int>, kontor::type::v1::LogPosition> last_;
};

}  // namespace

absl::StatusOr<v1::Import> ImportHandler::CreateImport(const runtime::CallContext& call,
                                                       const v1::CreateImportRequest& request) {
  base::Violations violations;
  if (!base::IsShopId(request.import_id())) {
    violations.Add("import_id", "ID_INVALID", "use 1 to 63 of a-z, 0-9 and '-', first a letter");
  }
  if (request.import().file_sha256().size() != 64 || request.import().mapping_sha256().size() != 64) {
    violations.Add("import", "CHECKSUM_INVALID", "give file_sha256 and mapping_sha256 as 64 hex digits");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(v1::Import import,
                   store_.CreateOrGet(call.shop, request.import_id(), request.import(), clock_.Now()));
  if (import.file_sha256() != request.import().file_sha256() ||
      import.mapping_sha256() != request.import().mapping_sha256()) {
    return base::Error(
        absl::StatusCode::kAlreadyExists, "IMPORT_ID_TAKEN",
        absl::StrCat("import ", request.import_id(), " belongs to another file or mapping; choose another import_id"));
  }
  return import;
}

absl::StatusOr<v1::Import> ImportHandler::GetImport(const runtime::CallContext& call,
                                                    const v1::GetImportRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, ImportIdOf(call, request.name()));
  return store_.Get(call.shop, id);
}

absl::StatusOr<v1::ListImportsResponse> ImportHandler::ListImports(const runtime::CallContext& call,
                                                                   const v1::ListImportsRequest& request) {
  const int limit = PageSize(request.page_size());
  ASSIGN_OR_RETURN(std::vector<v1::Import> imports, store_.List(call.shop, request.page_token(), limit + 1));
  v1::ListImportsResponse response;
  for (v1::Import& import : imports) {
    if (response.imports_size() == limit) {
      const std::string& last = response.imports(limit - 1).name();
      response.set_next_page_token(last.substr(last.rfind('/') + 1));
      break;
    }
    *response.add_imports() = std::move(import);
  }
  return response;
}

absl::StatusOr<v1::ListImportErrorsResponse> ImportHandler::ListImportErrors(
    const runtime::CallContext& call, const v1::ListImportErrorsRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, ImportIdOf(call, request.parent()));
  int64_t offset = 0;
  if (!request.page_token().empty() && (!absl::SimpleAtoi(request.page_token(), &offset) || offset < 0)) {
    return base::Error(absl::StatusCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                       "page_token must come from an earlier answer");
  }
  const int limit = PageSize(request.page_size());
  ASSIGN_OR_RETURN(std::vector<v1::RowError> errors, store_.Errors(call.shop, id, offset, limit + 1));
  v1::ListImportErrorsResponse response;
  for (v1::RowError& error : errors) {
    if (response.errors_size() == limit) {
      response.set_next_page_token(absl::StrCat(offset + limit));
      break;
    }
    *response.add_errors() = std::move(error);
  }
  return response;
}

absl::Status ImportHandler::UploadUnits(const runtime::CallContext& call,
                                        runtime::Reader<v1::UploadUnitsRequest>& reader,
                                        runtime::Writer<v1::UploadUnitsResponse>& writer) {
  v1::Import import;
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<v1::UploadUnitsRequest> request, reader.Read());
    if (!request) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string id, ImportIdOf(call, request->name()));
    if (import.name() != request->name()) {
      ASSIGN_OR_RETURN(import, store_.Get(call.shop, id));
    }
    ASSIGN_OR_RETURN(import, Upload(call, id, import, *request));
    v1::UploadUnitsResponse response;
    response.set_committed_units(import.committed_units());
    response.set_accepted_events(import.accepted_events());
    response.set_duplicate_events(import.duplicate_events());
    response.set_refused_events(import.refused_events());
    response.set_refused_rows(import.refused_rows());
    response.set_rows_read(import.rows_read());
    RETURN_IF_ERROR(writer.Write(response));
  }
}

absl::StatusOr<v1::Import> ImportHandler::Upload(const runtime::CallContext& call, const std::string& id,
                                                 const v1::Import& import, const v1::UploadUnitsRequest& request) {
  RETURN_IF_ERROR(CheckUpload(request, import));
  const int64_t skip = import.committed_units() + 1 - request.first_unit();
  std::vector<const kontor::events::v1::Event*> events;
  std::vector<const v1::ImportUnit*> units;
  Settlement settlement;
  for (int64_t i = skip; i < request.units_size(); ++i) {
    const v1::ImportUnit& unit = request.units(static_cast<int>(i));
    settlement.RowErrors(unit);
    if (!unit.has_event()) continue;
    events.push_back(&unit.event());
    units.push_back(&unit);
  }
  IntakeCall intake{call.shop, call.trace_id, true, request.name(),
                    absl::StrCat(request.name(), "/", import.committed_units())};
  ASSIGN_OR_RETURN(const std::vector<v1::EventVerdict> verdicts, intake_.Take(intake, events));
  for (size_t i = 0; i < verdicts.size(); ++i) settlement.Verdict(*units[i], verdicts[i]);

  ImportProgress progress = settlement.Take();
  progress.committed_units = std::max(import.committed_units(), request.first_unit() - 1 + request.units_size());
  progress.rows_read = std::max(import.rows_read(), request.rows_read());
  progress.done = request.last();
  return store_.Advance(call.shop, id, import.committed_units(), progress, clock_.Now());
}

}  // namespace kontor::ingest
