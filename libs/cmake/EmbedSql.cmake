# kontor_embed_sql(schema NAMESPACE kontor::analytics)
#
# Turns schema/0001_init.sql, schema/0002_….sql of the current folder into one source file that is compiled into the
# folder's library, so that a binary carries its migrations. Call it after kontor_library. It defines
#
#   namespace kontor::analytics { const std::vector<kontor::postgres::Migration>& Migrations(); }
#
# declared in the generated header "<folder>/migrations.h" (e.g. "services/analytics/migrations.h").
# FUNCTION names another function than Migrations; HEADER another header than migrations.h.
function(kontor_embed_sql sql_folder)
  cmake_parse_arguments(ARG "" "NAMESPACE;FUNCTION;HEADER" "" ${ARGN})
  if(NOT ARG_FUNCTION)
    set(ARG_FUNCTION Migrations)
  endif()
  if(NOT ARG_HEADER)
    set(ARG_HEADER migrations)
  endif()
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  kontor_target_name(${folder} target)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${sql_folder}/[0-9]*.sql)
  list(SORT files)
  set(rows "")
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME_WE)
    string(REGEX MATCH "^[0-9]+" number ${name})
    string(REGEX REPLACE "^0+" "" number ${number})
    file(READ ${file} text)
    string(APPEND rows "      {${number}, \"${name}\", R\"kontor_sql(${text})kontor_sql\"},\n")
  endforeach()
  set(out ${CMAKE_BINARY_DIR}/generated/${folder}/${ARG_HEADER})
  file(CONFIGURE OUTPUT ${out}.h @ONLY CONTENT "#pragma once\n\n#include <vector>\n\n#include \"libs/platform/postgres/migrate.h\"\n\nnamespace @ARG_NAMESPACE@ {\n\nconst std::vector<kontor::postgres::Migration>& @ARG_FUNCTION@();\n\n}  // namespace @ARG_NAMESPACE@\n")
  file(CONFIGURE OUTPUT ${out}.cc @ONLY CONTENT "#include \"@folder@/@ARG_HEADER@.h\"\n\nnamespace @ARG_NAMESPACE@ {\n\nconst std::vector<kontor::postgres::Migration>& @ARG_FUNCTION@() {\n  static const auto& list = *new std::vector<kontor::postgres::Migration>{\n@rows@  };\n  return list;\n}\n\n}  // namespace @ARG_NAMESPACE@\n")
  target_sources(${target} PRIVATE ${out}.cc)
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/generated)
endfunction()
