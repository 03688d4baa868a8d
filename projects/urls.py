"""Addresses of this app's pages."""

from django.urls import path

from projects.views import (
    audit,
    groups,
    initiatives,
    notices,
    projects,
    saved_filters,
    settings,
    signing_in,
    terms,
)

urlpatterns = [
    path("projects/", projects.project_list, name="projects"),
    path("projects/<str:slug>/edit/", projects.edit_project, name="project-edit"),
    path("projects/<str:slug>/groups/", projects.add_participant, name="participant-add"),
    path(
        "projects/<str:slug>/groups/<uuid:key>/remove/",
        projects.remove_participant,
        name="participant-remove",
    ),
    path("projects/<str:slug>/join/", projects.join, name="project-join"),
    path("joining/<uuid:key>/answer/", projects.answer_joining, name="join-answer"),
    path("groups/<uuid:key>/", groups.group_page, name="group"),
    path("groups/<uuid:key>/project/", projects.new_project, name="project-new"),
    path("groups/<uuid:key>/invitations/", groups.invite, name="invite"),
    path("invitations/<uuid:key>/withdraw/", groups.withdraw, name="invitation-withdraw"),
    path("memberships/<uuid:key>/role/", groups.change_role, name="membership-role"),
    path("memberships/<uuid:key>/remove/", groups.remove_member, name="membership-remove"),
    path("invitations/<str:secret>/", groups.invitation, name="invitation"),
    path("roadmap/new/", initiatives.new_initiative, name="initiative-new"),
    path("roadmap/<slug:slug>/edit/", initiatives.edit_initiative, name="initiative-edit"),
    path("roadmap/<slug:slug>/drop/", initiatives.drop, name="initiative-drop"),
    path("accounts/login/", signing_in.log_in, name="account_login"),
    path("accounts/provider/<slug:provider_id>/", signing_in.begin, name="openid_connect_login"),
    path(
        "accounts/provider/<slug:provider_id>/callback/",
        signing_in.come_back,
        name="openid_connect_callback",
    ),
    path("terms/", terms.terms_page, name="terms"),
    path("terms/<uuid:key>/accept/", terms.accept, name="terms-accept"),
    path("audit/", audit.audit_log, name="audit"),
    path("notices/", notices.notice_list, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/<uuid:key>/read/", notices.read_notice, name="notice-read"),
    path("filters/<str:page>/save/", saved_filters.save, name="filter-save"),
    path("filters/<uuid:key>/drop/", saved_filters.drop, name="filter-drop"),
    path("settings/", settings.settings_page, name="settings"),
    path("settings/notices/", settings.choose_notices, name="settings-notices"),
    path("settings/tokens/<uuid:key>/revoke/", settings.revoke_token, name="token-revoke"),
]
