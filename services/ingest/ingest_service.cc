#include "services/ingest/ingest_service.h"

#include <functional>
#include <memory>

#include "libs/base/status.h"
#include "libs/platform/postgres/migrate.h"
#include "services/ingest/best_effort_ids.h"
#include "services/ingest/event_handler.h"
#include "services/ingest/housekeeping.h"
#include "services/ingest/import_handler.h"
#include "services/ingest/migrations.h"
#include "services/ingest/postgres_event_id_store.h"
#include "services/ingest/postgres_import_store.h"
#include "services/ingest/postgres_quality_store.h"

namespace kontor::ingest {
namespace {

using runtime::CallContext;
using std::placeholders::_1;
using std::placeholders::_2;
using std::placeholders::_3;

constexpr int64_t kMaxUploadBytes = 16 << 20;

// Everything the service keeps; members are destroyed in reverse.
struct IngestParts {
  explicit IngestParts(fleet::Fleet& fleet)
      : stored_ids(fleet.postgres),
        ids(stored_ids, fleet.server.metrics()),
        quality(fleet.postgres),
        imports(fleet.postgres),
        intake({fleet.log, ids, book, fleet.sealer, fleet.clock, fleet.subject_secret}),
        events(intake, quality, fleet.log),
        import_handler(intake, imports, fleet.clock),
        housekeeping(book, quality, ids, fleet.log, fleet.clock) {}

  PostgresEventIdStore stored_ids;
  BestEffortIds ids;
  PostgresQualityStore quality;
  PostgresImportStore imports;
  QualityBook book;
  Intake intake;
  EventHandler events;
  ImportHandler import_handler;
  Housekeeping housekeeping;
};

void RegisterEvents(runtime::Server& server, EventHandler& handler) {
  const runtime::MethodOptions large{.max_message_bytes = kMaxUploadBytes};
  server.Unary<v1::SendEventsRequest, v1::SendEventsResponse>(
      "kontor.ingest.v1.EventService/SendEvents", std::bind(&EventHandler::SendEvents, &handler, _1, _2), large);
  server.BidiStream<v1::StreamEventsRequest, v1::SendEventsResponse>(
      "kontor.ingest.v1.EventService/StreamEvents", std::bind(&EventHandler::StreamEvents, &handler, _1, _2, _3),
      large);
  server.ServerStream<v1::TailEventsRequest, v1::TailEventsResponse>(
      "kontor.ingest.v1.EventService/TailEvents", std::bind(&EventHandler::TailEvents, &handler, _1, _2, _3));
  server.Unary<v1::GetQualityReportRequest, v1::QualityReport>(
      "kontor.ingest.v1.EventService/GetQualityReport", std::bind(&EventHandler::GetQualityReport, &handler, _1, _2));
  server.AddService("kontor.ingest.v1.EventService");
}

void RegisterImports(runtime::Server& server, ImportHandler& handler) {
  server.Unary<v1::CreateImportRequest, v1::Import>("kontor.ingest.v1.ImportService/CreateImport",
                                                    std::bind(&ImportHandler::CreateImport, &handler, _1, _2));
  server.Unary<v1::GetImportRequest, v1::Import>("kontor.ingest.v1.ImportService/GetImport",
                                                 std::bind(&ImportHandler::GetImport, &handler, _1, _2));
  server.Unary<v1::ListImportsRequest, v1::ListImportsResponse>(
      "kontor.ingest.v1.ImportService/ListImports", std::bind(&ImportHandler::ListImports, &handler, _1, _2));
  server.Unary<v1::ListImportErrorsRequest, v1::ListImportErrorsResponse>(
      "kontor.ingest.v1.ImportService/ListImportErrors", std::bind(&ImportHandler::ListImportErrors, &handler, _1, _2));
  server.BidiStream<v1::UploadUnitsRequest, v1::UploadUnitsResponse>(
      "kontor.ingest.v1.ImportService/UploadUnits", std::bind(&ImportHandler::UploadUnits, &handler, _1, _2, _3),
      {.max_message_bytes = kMaxUploadBytes, .max_stream_bytes = int64_t{1} << 40});
  server.AddService("kontor.ingest.v1.ImportService");
}

}  // namespace

absl::Status RegisterIngest(fleet::Fleet& fleet) {
  RETURN_IF_ERROR(postgres::Migrate(fleet.postgres, "ingest", Migrations()));
  IngestParts& parts = fleet.application.Own(std::make_unique<IngestParts>(fleet));
  RegisterEvents(fleet.server, parts.events);
  RegisterImports(fleet.server, parts.import_handler);
  return absl::OkStatus();
}

}  // namespace kontor::ingest
