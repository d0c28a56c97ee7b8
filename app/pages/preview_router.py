"""The route that shows staff what a form would look like."""

from fastapi import APIRouter

from app.access.permissions import CanWriteSetup, StaffRoute
from app.forms.errors import FormNotFound
from app.forms.router import visible
from app.pages.preview import Draft, Preview, preview
from app.parts import House
from app.problems import problems

router = APIRouter(prefix="/v1/forms", tags=["forms"], route_class=StaffRoute)


@router.post("/{key}/preview", operation_id="previewForm", responses=problems(FormNotFound))
async def preview_form(key: str, draft: Draft, house: House, staff: CanWriteSetup) -> Preview:
    """Get the address of a page that shows the form as it would be with these changes; open or not.

    Nothing is changed or stored by it, and what is typed into that page is never sent. It ends after 24 hours.
    """
    return await preview(house, visible(key, staff), draft)
